import "reflect-metadata";
import { webcrypto } from "node:crypto";
import {
  type ChannelCredentials,
  credentials,
  loadPackageDefinition,
  Metadata,
  type ServiceError,
} from "@grpc/grpc-js";
import { fromJSON } from "@grpc/proto-loader";
import * as x509 from "@peculiar/x509";
import { ISTIO_NAMESPACE } from "../../lib/names";
import { istiodDnsName } from "../../lib/private/intermediate";

/** What istiod's certificate is issued for. */
export const ISTIOD_NAME = istiodDnsName(ISTIO_NAMESPACE);

/** Audience of the tokens that istiod's CA accepts. */
export const ISTIO_CA_AUDIENCE = "istio-ca";

/** A request to istiod's CA, as a sidecar makes it. */
export interface CertificateCall {
  /** Host and port of istiod. */
  readonly address: string;
  /** How istiod's own certificate is checked. */
  readonly credentials: ChannelCredentials;
  /** A ServiceAccount's, for audience `istio-ca`: istiod takes the identity from it. */
  readonly token: string;
  /** PEM; its subject may be empty. */
  readonly csr: string;
  readonly clusterName: string;
  readonly validSeconds: number;
  readonly timeoutSeconds: number;
}

/** A certificate signing request with an empty subject, as PEM. Its key is discarded, so the certificate is useless. */
export async function probeRequest(): Promise<string> {
  const keys = await webcrypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, [
    "sign",
    "verify",
  ]);
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    keys,
    signingAlgorithm: { name: "ECDSA", hash: "SHA-256" },
  });
  return request.toString("pem");
}

/** Accepts an istiod whose chain leads to one of these roots, as PEM. */
export function trusting(roots: string): ChannelCredentials {
  return credentials.createSsl(Buffer.from(roots));
}

/**
 * Has istiod's CA sign a certificate.
 *
 * @returns PEM strings: the leaf, its chain to the root, and last the roots
 * @throws ServiceError of gRPC
 */
export function requestCertificate(call: CertificateCall): Promise<readonly string[]> {
  const client = new IstioCertificateService(call.address, call.credentials, {
    "grpc.ssl_target_name_override": ISTIOD_NAME,
    "grpc.enable_http_proxy": 0,
  });
  const metadata = new Metadata();
  metadata.set("authorization", `Bearer ${call.token}`);
  metadata.set("clusterid", call.clusterName);
  const request = { csr: call.csr, validityDuration: call.validSeconds };
  const options = { deadline: Date.now() + call.timeoutSeconds * 1000 };
  return new Promise<readonly string[]>((resolve, reject) => {
    client.createCertificate(request, metadata, options, (error, answer) =>
      error ? reject(error) : resolve(answer!.certChain),
    );
  }).finally(() => client.close());
}

interface Client {
  readonly createCertificate: (
    request: { csr: string; validityDuration: number },
    metadata: Metadata,
    options: { deadline: number },
    callback: (error: ServiceError | null, answer?: { certChain: string[] }) => void,
  ) => void;
  readonly close: () => void;
}

interface ClientClass {
  readonly service: object;
  new (address: string, credentials: ChannelCredentials, options: Record<string, string | number>): Client;
}

/** The fields of istio.io/api security/v1alpha1 that are used. */
const messages = {
  IstioCertificateRequest: {
    fields: { csr: { type: "string", id: 1 }, validityDuration: { type: "int64", id: 3 } },
  },
  IstioCertificateResponse: { fields: { certChain: { rule: "repeated" as const, type: "string", id: 1 } } },
  IstioCertificateService: {
    methods: {
      CreateCertificate: {
        requestType: "IstioCertificateRequest",
        responseType: "IstioCertificateResponse",
        comment: "",
      },
    },
  },
};
const definition = fromJSON({
  nested: { istio: { nested: { v1: { nested: { auth: { nested: messages } } } } } },
});
const { IstioCertificateService } = (
  loadPackageDefinition(definition) as unknown as {
    istio: { v1: { auth: { IstioCertificateService: ClientClass } } };
  }
).istio.v1.auth;

/** The service, for who serves it. */
export const CERTIFICATE_SERVICE = IstioCertificateService.service;
