import type { Mesh } from "../../config/mesh";
import { plainSerial } from "../../lib/private/serial";

/** An intermediate whose key somebody else has. */
export interface Stolen {
  readonly cluster: string;
  /** Hexadecimal, lower case, without colons. */
  readonly serial: string;
}

/** Whether mesh.yaml revokes an intermediate. */
export function isRevoked({ revocation }: Mesh, { serial }: Stolen): boolean {
  return revocation?.revoked.some((one) => plainSerial(one.serial) === serial) ?? false;
}

/** A mesh with lists that revokes it. */
export function withRevocation(mesh: Mesh, { cluster, serial }: Stolen): Mesh {
  const { revocation } = mesh;
  if (!revocation || isRevoked(mesh, { cluster, serial })) return mesh;
  return { ...mesh, revocation: { ...revocation, revoked: [...revocation.revoked, { cluster, serial }] } };
}

/** A mesh that does not. */
export function withoutRevocation(mesh: Mesh, stolen: Stolen): Mesh {
  const { revocation } = mesh;
  if (!revocation || !isRevoked(mesh, stolen)) return mesh;
  const revoked = revocation.revoked.filter(({ serial }) => plainSerial(serial) !== stolen.serial);
  return { ...mesh, revocation: { ...revocation, revoked } };
}
