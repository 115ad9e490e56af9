/** Whether a version is `x.y.z` of at least 1.27.0, the first that refuses an incomplete set of CA files. */
export function isSupportedIstio(version: string): boolean {
  const match = /^(\d+)\.(\d+)\.\d+$/.exec(version);
  if (!match) return false;
  const [major, minor] = [Number(match[1]), Number(match[2])];
  return major > 1 || (major === 1 && minor >= 27);
}
