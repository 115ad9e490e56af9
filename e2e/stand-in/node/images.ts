import type { Container } from "../kubernetes-objects";
import type { ProgramName, Programs } from "../../programs";

/** What an image brings along: its program, its user, and how that program is kept to the pod's address. */
export interface Image {
  readonly program: ProgramName | "pilot-discovery";
  readonly user: number;
  readonly group: number;
  readonly home: string;
  /** Arguments and variables that make a program which listens everywhere listen at one address. */
  readonly args: (podIp: string) => readonly string[];
  readonly env: (podIp: string) => Readonly<Record<string, string>>;
}

const INJECTOR: Image = {
  program: "vault-k8s",
  user: 100,
  group: 1000,
  home: "/home/vault",
  args: () => [],
  env: (podIp) => ({ AGENT_INJECT_LISTEN: `${podIp}:8080` }),
};

const ISTIOD: Image = {
  program: "pilot-discovery",
  user: 1337,
  group: 1337,
  home: "/",
  args: (podIp) => [
    `--httpAddr=${podIp}:8080`,
    `--httpsAddr=${podIp}:15017`,
    `--grpcAddr=${podIp}:15010`,
    `--secureGRPCAddr=${podIp}:15012`,
    `--monitoringAddr=${podIp}:15014`,
    `--ctrlz_address=${podIp}`,
  ],
  env: () => ({}),
};

const VAULT: Image = {
  program: "vault",
  user: 100,
  group: 1000,
  home: "/home/vault",
  args: () => [],
  env: () => ({}),
};

/** The image of a container; Vault's own, with its shell, where nothing tells of another. */
export function imageOf(container: Container): Image {
  if (container.env?.some(({ name }) => name === "AGENT_INJECT_LISTEN")) return INJECTOR;
  if (container.name === "discovery") return ISTIOD;
  return VAULT;
}

/** Where an image's program is on this machine; istiod's is of the version that the image's tag names. */
export function programOf(container: Container, programs: Programs): string {
  const { program } = imageOf(container);
  if (program !== "pilot-discovery") return programs.path(program);
  return programs.istioOfVersion(container.image.slice(container.image.lastIndexOf(":") + 1)).pilotDiscovery;
}

/** Whether the stand-in has a program for a pod's main container; it leaves other pods pending. */
export function isKnown(containers: readonly Container[]): boolean {
  return containers.some((container) => imageOf(container) !== VAULT);
}
