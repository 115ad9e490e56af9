import { CommandError } from "./command-error";

/** Packages that one command needs and constructs do not: whoever installs the constructs need not have them. */
const OPTIONAL = ["@kubernetes/client-node", "@grpc/grpc-js", "@grpc/proto-loader"];

/**
 * Loads what stands on optional packages.
 *
 * @param command who needs them
 * @throws CommandError if one is not installed
 */
export async function withOptionalPackages<Module>(
  command: string,
  load: () => Promise<Module>,
): Promise<Module> {
  try {
    return await load();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== "MODULE_NOT_FOUND" || !OPTIONAL.some((name) => message.includes(`'${name}'`))) throw error;
    throw new CommandError(
      `${command} needs packages that are not installed; install them: npm install --save-dev ${OPTIONAL.join(" ")}`,
    );
  }
}
