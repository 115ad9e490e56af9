import type { TerraformResource } from "cdktf";

/** The lifecycle of what is made anew whenever another resource changes. */
export function replacedWith({ terraformResourceType, friendlyUniqueId }: TerraformResource) {
  // As text: cdktf would render the reference as "${...}", which Terraform refuses here.
  return { replaceTriggeredBy: [`${terraformResourceType}.${friendlyUniqueId}`] };
}

/** Its block as HCL states it: cdktf quotes the reference there too, which HCL refuses. */
export function withBareTriggers<Block extends HclBlock>(
  { terraformResourceType, friendlyUniqueId }: TerraformResource,
  block: Block,
): Block {
  const { lifecycle } = block.resource[terraformResourceType][friendlyUniqueId];
  // What begins with a bracket is written as it is.
  lifecycle.replace_triggered_by = `[${lifecycle.replace_triggered_by.join(", ")}]`;
  return block;
}

interface HclBlock {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as cdktf has it
  readonly resource: any;
}
