/** Text as it stands between quotes in HCL, where cdktf escapes the quotes alone. Expressions in it stay as they are. */
export function hclText(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
