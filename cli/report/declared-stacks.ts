import { App, TerraformStack } from "cdktf";
import type { Mesh } from "../../config/mesh";
import { composeMesh } from "../../stacks/compose-mesh";
import { CONFIGURATION, SynthesizedStack } from "../review/synthesized";

/** The stacks that mesh.yaml alone makes, without a program's own beside them; nothing is written. */
export function declaredStacks(mesh: Mesh): Map<string, SynthesizedStack> {
  const app = new App();
  composeMesh(app, mesh);
  const stacks = app.node.children.filter(TerraformStack.isStack);
  return new Map(
    stacks.map((stack) => {
      const files = new Map([[CONFIGURATION, JSON.stringify(stack.toTerraform())]]);
      return [stack.node.id, new SynthesizedStack(stack.node.id, files)];
    }),
  );
}
