import { CommandError } from "./command-error";
import { packageJson } from "./package-root";

/**
 * Loads modules that need optional packages.
 *
 * @param command the command that needs them
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
    const optional = Object.keys(packageJson().peerDependenciesMeta);
    if (code !== "MODULE_NOT_FOUND" || !optional.some((name) => message.includes(`'${name}'`))) throw error;
    throw new CommandError(
      `${command} needs packages that are not installed; install them: npm install --save-dev ${optional.join(" ")}`,
    );
  }
}
