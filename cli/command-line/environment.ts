/** The process's environment variables, as a command is given them. */
export type Environment = Readonly<NodeJS.ProcessEnv>;

/** An empty variable counts as none. */
export function set(value: string | undefined): string | undefined {
  return value === "" ? undefined : value;
}

/** Path of the mesh.yaml that a command reads. */
export function meshFile(env: Environment): string {
  return set(env.MESH_FILE) ?? "mesh.yaml";
}
