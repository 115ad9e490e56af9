import { rules as configRules } from "../../config/rules";
import { rule } from "../../lib/private/rule";

const { signingRootNotTrustedByAll, bundleNotTaken } = configRules;

/** What becomes of a mesh whose istiod gets such files. */
const REFUSED = "istiod does not start on it, and a running one keeps its old CA";
const UNREACHABLE =
  "istiod starts, reports ready and serves nobody, since its own certificate does not verify";

/** IV05: what istiod makes of its plug-in CA files, and what it does not check. */
export const rules = {
  signingRootNotTrustedByAll,
  bundleNotTaken,
  pluginCaFilesAbsent: rule(
    "IV0501",
    "error",
    "There are plug-in CA files",
    () =>
      "none of the four files is there; istiod would become its own self-signed root, which no other cluster trusts; write ca-key.pem, ca-cert.pem, cert-chain.pem and root-cert.pem",
  ),
  pluginCaFileMissing: rule(
    "IV0502",
    "error",
    "The four plug-in CA files are complete",
    () => `is missing; ${REFUSED}; write all four`,
  ),
  pluginCaFileEmpty: rule(
    "IV0503",
    "error",
    "No plug-in CA file is empty",
    () =>
      `is empty; without the chain istiod serves nobody, without any of the others it does not start; write its PEM text`,
  ),
  otherLayout: rule(
    "IV0504",
    "error",
    "The directory holds no tls.crt",
    () =>
      "is there, so istiod reads tls.crt, tls.key and ca.crt instead of the four plug-in CA files; move it elsewhere",
  ),
  certificateUnreadable: rule(
    "IV0505",
    "error",
    "A certificate file holds readable PEM certificates and nothing else",
    (what: string) =>
      `${what}; istiod does not start on it, and a running one takes such a chain and hands on what nobody can read; write each certificate from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----, both on lines of their own, and have one that is wrong in itself reissued`,
  ),
  privateKeyInPublicFile: rule(
    "IV0506",
    "error",
    "No certificate file holds a private key",
    () =>
      "holds a private key, and istiod hands certificate files on to every workload; take the key out, and treat it as exposed: issue a new intermediate",
  ),
  caKeyUnreadable: rule(
    "IV0507",
    "error",
    "ca-key.pem begins with a private key that istiod reads",
    (what: string) =>
      `${what}; ${REFUSED}; write the key alone, unencrypted, as PKCS#8 (PRIVATE KEY), PKCS#1 (RSA PRIVATE KEY) or SEC1 (EC PRIVATE KEY)`,
  ),
  caKeyKind: rule(
    "IV0508",
    "error",
    "Every key is of a kind istiod can use",
    (certificate: string, kind: string) =>
      `${certificate} has a key of the kind ${kind}; istiod does not start on it, a running one keeps its old CA or signs nothing, or peers refuse what hangs on it; use RSA of 2048 to 4096 bits, or ECDSA P-256 or P-384`,
  ),
  caKeyMismatch: rule(
    "IV0509",
    "error",
    "The key belongs to the intermediate",
    () =>
      `is not the key of the certificate in ca-cert.pem; ${REFUSED}; write key and certificate of one issue`,
  ),
  shortRsaKey: rule(
    "IV0510",
    "warning",
    "An RSA key has at least 2048 bits",
    (certificate: string, bits: string) =>
      `${certificate} has an RSA key of ${bits} bits; peers that demand 112 bits of security, as OpenSSL at level 2 does, refuse every workload; reissue it with 2048 or more`,
  ),
  certificateExpired: rule(
    "IV0511",
    "error",
    "The chain has not expired",
    (certificate: string, end: string) =>
      `${certificate} ended at ${end}; peers refuse whatever hangs on it: istiod does not start on it, and a running one serves nobody while it reports ready; issue a new intermediate, or rotate the root`,
  ),
  certificateNotYetValid: rule(
    "IV0512",
    "error",
    "The chain is valid already",
    (certificate: string, begin: string) =>
      `${certificate} is not valid before ${begin}; ${REFUSED}; wait, or set the issuer's clock right and reissue it`,
  ),
  chainEndsBeforeRender: rule(
    "IV0513",
    "error",
    "The chain lasts longer than a renewed one takes to arrive",
    (certificate: string, left: string, interval: string) =>
      `${certificate} expires in ${left}, and the agent looks for a new one every ${interval}; istiod would serve nobody in between; renew now, and restart istiod if it has expired`,
  ),
  renewalDue: rule(
    "IV0514",
    "warning",
    "A third of the chain's lifetime is left",
    (certificate: string, end: string, left: string) =>
      `${certificate} expires at ${end}, in ${left}, after which no workload gets a certificate; renew the intermediate, or rotate a root that expires first`,
  ),
  issuerEndsFirst: rule(
    "IV0515",
    "warning",
    "No certificate outlives its issuer",
    (certificate: string, issuer: string, end: string) =>
      `${certificate} outlives its issuer ${issuer}, which expires at ${end}; istiod issues certificates beyond that, and all of them fail then; reissue it with a shorter lifetime`,
  ),
  notCa: rule(
    "IV0516",
    "error",
    "Every certificate of the chain is a CA",
    (certificate: string) =>
      `${certificate} is no CA (basicConstraints CA:TRUE); istiod does not start on it, but a running one takes such an intermediate, and then serves nobody; have it signed as a CA`,
  ),
  keyCertSignMissing: rule(
    "IV0517",
    "error",
    "Every certificate of the chain may sign certificates",
    (certificate: string) =>
      `${certificate} has a keyUsage without keyCertSign; istiod does not start where an issuer above lacks it, and with such an intermediate it reports ready and serves nobody; reissue it with keyCertSign and cRLSign`,
  ),
  keyUsageMissing: rule(
    "IV0518",
    "warning",
    "Every intermediate has a keyUsage",
    (certificate: string) =>
      `${certificate} has no keyUsage; istiod and most peers accept that, strict ones refuse every workload; reissue it with keyCertSign and cRLSign`,
  ),
  pathLength: rule(
    "IV0519",
    "error",
    "Every path length allows what is below",
    (certificate: string, allowed: string, below: string) =>
      `${certificate} has pathlen ${allowed}, and ${below} CA ${below === "1" ? "is" : "are"} below it; ${UNREACHABLE}; use one whose pathlen is at least ${below}`,
  ),
  chainWithoutIntermediate: rule(
    "IV0520",
    "error",
    "cert-chain.pem holds the intermediate",
    () =>
      `does not hold the certificate of ca-cert.pem; ${UNREACHABLE}; begin the chain with that certificate`,
  ),
  chainToNoRoot: rule(
    "IV0521",
    "error",
    "The chain leads to a root of root-cert.pem",
    (why: string) =>
      `${why}; ${REFUSED}; write every level below the root into cert-chain.pem, and the root into root-cert.pem`,
  ),
  chainOrder: rule(
    "IV0522",
    "warning",
    "cert-chain.pem begins with the intermediate, and each issuer follows",
    () =>
      "is not in order; istiod takes the first certificate for its own in metrics and lifetimes, and strict TLS clients refuse such a chain; write the intermediate first, then each issuer",
  ),
  rootInChain: rule(
    "IV0523",
    "warning",
    "cert-chain.pem does not hold the root",
    (certificate: string) =>
      `holds the root ${certificate}; harmless, but every handshake carries it for nothing; remove it`,
  ),
  strayCertificate: rule(
    "IV0524",
    "warning",
    "Every certificate is of use",
    (certificate: string) =>
      `${certificate} is no part of the chain; istiod ignores it, or sends it for nothing; remove it`,
  ),
  extendedKeyUsage: rule(
    "IV0525",
    "error",
    "An extended key usage names server and client, or is absent",
    (certificate: string, missing: string) =>
      `${certificate} has an extended key usage without ${missing}; without serverAuth istiod does not start, without clientAuth peers refuse every workload that calls them, and anyExtendedKeyUsage stands for neither where OpenSSL looks; reissue it with both, or with none`,
  ),
  nameConstraints: rule(
    "IV0526",
    "warning",
    "No certificate constrains names",
    (certificate: string) =>
      `${certificate} has name constraints, which istiod does not hold against what it issues; peers refuse workloads whose spiffe:// URI, and istiod if its DNS names, are outside, and OpenSSL and BoringSSL CAs whose subject is; make sure all are inside`,
  ),
  unknownCriticalExtension: rule(
    "IV0527",
    "error",
    "No certificate has a critical extension istiod or a proxy does not know",
    (certificate: string, oid: string) =>
      `${certificate} has the critical extension ${oid}, which istiod does not know, or proxies do not; ${REFUSED}, or proxies refuse every workload; reissue it without, or not critical`,
  ),
  weakSignature: rule(
    "IV0528",
    "error",
    "Every certificate is signed with SHA-256 or better",
    (certificate: string, hash: string) =>
      `${certificate} is signed with ${hash}; ${REFUSED}; have it signed with SHA-256`,
  ),
  authorityKeyId: rule(
    "IV0529",
    "error",
    "A certificate's authority key id is its issuer's",
    (certificate: string, issuer: string) =>
      `${certificate} names another authority key id than ${issuer} has; istiod accepts that, OpenSSL and BoringSSL, and so proxies, do not find the issuer; have it signed by the issuer as it is in the files`,
  ),
  bundleHoldsNoRoot: rule(
    "IV0530",
    "error",
    "root-cert.pem holds self-signed roots alone",
    (certificate: string) =>
      `${certificate} is not self-signed; istiod takes it as a root, peers that insist on one do not; write the root at the top of its chain`,
  ),
  bundleRootExpired: rule(
    "IV0531",
    "warning",
    "No root of the bundle has expired",
    (certificate: string, end: string) =>
      `${certificate} ended at ${end}, and no longer vouches for anyone; drop it, at the beginning or the end of the bundle`,
  ),
  bundleBytesChanged: rule(
    "IV0532",
    "error",
    "Roots that stay in the bundle keep their bytes",
    (version: string) =>
      `holds the roots as before in other bytes (line ends, or text between them), which a running istiod ${version} refuses, and with it everything that is written along, renewed intermediates too, until it is restarted or the old bytes return; write the old bytes, and add to them or cut from them at one end`,
  ),
  bundlesDiffer: rule(
    "IV0533",
    "warning",
    "All clusters trust the same roots, in the same bytes",
    (cluster: string, other: string, how: string) =>
      `the bundles of ${cluster} and ${other} ${how}; between two steps of a rotation that is expected; otherwise write the same bytes to both`,
  ),
  intermediateShared: rule(
    "IV0534",
    "error",
    "Each cluster has an intermediate of its own",
    (cluster: string, other: string) =>
      `${cluster} and ${other} use the same key; who takes it from one is the CA of both; issue one intermediate for each`,
  ),
  authorityCertificate: rule(
    "IV0541",
    "error",
    "An authority key id by issuer and serial number is that of the issuer's certificate",
    (certificate: string, issuer: string) =>
      `${certificate} names its issuer's certificate by issuer and serial number, and means another than ${issuer} has, such as the one before a renewal; istiod accepts that, OpenSSL and BoringSSL, and so proxies, do not find the issuer; have it signed by the issuer as it is in the files, with a key id alone`,
  ),
  rootAuthorityKeyId: rule(
    "IV0542",
    "error",
    "A root's authority key id is its own",
    (certificate: string) =>
      `${certificate} is its own issuer by name, and by authority key id is not; istiod accepts that, OpenSSL and BoringSSL, and so proxies, look for another issuer and find none; reissue the root with the id of its own key, or with none`,
  ),
  issuerMistaken: rule(
    "IV0543",
    "error",
    "OpenSSL and BoringSSL find the issuer that istiod finds",
    (certificate: string, issuer: string, taken: string) =>
      `${certificate} is signed by ${issuer}, and OpenSSL or BoringSSL may take ${taken} for its issuer, since they look at names and key ids, take one that fits and do not turn back: proxies refuse every workload; issue both with key ids, or with names of their own`,
  ),
  policies: rule(
    "IV0544",
    "error",
    "No certificate of the chain demands certificate policies",
    (certificate: string, what: string) =>
      `${certificate} ${what}, and what istiod issues has none; istiod starts, reports ready and serves nobody, or does not start, and proxies refuse every workload; have it issued by a CA without policyConstraints and policyMappings`,
  ),
  rootSignature: rule(
    "IV0545",
    "warning",
    "A root is signed by its own key",
    (certificate: string) =>
      `${certificate} is its own issuer by name, and its signature is not of its key; nobody checks the signature of a root, so that workloads accept each other; find out how it came to be damaged, and replace it`,
  ),
  tooManyPaths: rule(
    "IV0546",
    "error",
    "Go finds a root within its limit of 100 looks",
    (certificate: string) =>
      `so many certificates sign each other that the way from ${certificate} to a root is not found within the 100 looks at issuers after which istiod gives up; leave out of cert-chain.pem and root-cert.pem what is no part of the chain`,
  ),
  crlUnreadable: rule(
    "IV0547",
    "error",
    "ca-crl.pem holds readable revocation lists and nothing else",
    (what: string) =>
      `${what}; istiod from 1.27 on does not start on it, and a running one keeps its old CA; write each list from -----BEGIN X509 CRL----- to -----END X509 CRL-----, or remove the file`,
  ),
  crlMissing: rule(
    "IV0548",
    "error",
    "Every CA of the chain has a list in ca-crl.pem",
    (certificate: string) =>
      `holds no list that ${certificate} signed; without that of a certificate in cert-chain.pem istiod from 1.27 on does not start and a running one keeps its old CA, without the root's proxies refuse every connection; add the list, signed by that key, or remove the file`,
  ),
  crlNotCurrent: rule(
    "IV0549",
    "error",
    "Every list of ca-crl.pem is current",
    (certificate: string, when: string) =>
      `has no list of ${certificate} that is current (begins or ended at ${when}); istiod does not look at that, and proxies refuse every connection; put in a list that lasts as long as the CA`,
  ),
  certificateRevoked: rule(
    "IV0550",
    "error",
    "No list of ca-crl.pem revokes a CA of the chain",
    (certificate: string, issuer: string) =>
      `the list of ${issuer} revokes ${certificate}; istiod goes on signing with it, and proxies refuse every workload it signs; issue a new intermediate`,
  ),
  crlMistaken: rule(
    "IV0552",
    "error",
    "A list of ca-crl.pem says by name and key id whose it is",
    (certificate: string) =>
      `${certificate} has the name of another CA, whose list could be its own by name and key id; proxies may take the other one, and refuse every connection; have each list issued with an authority key id`,
  ),
  chainSignature: rule(
    "IV0553",
    "error",
    "No certificate of the files is signed with what OpenSSL refuses to send or to trust",
    (certificate: string, algorithm: string) =>
      `${certificate} is signed with ${algorithm}; Go may pass over it, OpenSSL loads no chain that holds it and trusts no root like it; remove it, or have it signed with SHA-256`,
  ),
  noSubject: rule(
    "IV0554",
    "error",
    "The intermediate has a subject",
    (certificate: string) =>
      `${certificate} has no subject, and neither have workloads, so that OpenSSL takes each for its own issuer and refuses it; reissue it with a common name`,
  ),
  crlReasons: rule(
    "IV0555",
    "error",
    "Beside ca-crl.pem, no CA's distribution points are for some reasons alone",
    (certificate: string) =>
      `${certificate} has cRLDistributionPoints for some reasons of revocation alone, and OpenSSL then finds no list that is whole for it: proxies refuse every connection; reissue it without reasons, or remove the file`,
  ),
  subjectSerialNumber: rule(
    "IV0556",
    "warning",
    "An intermediate that Vault signs has no serial number in its subject",
    (serial: string) =>
      `its subject contains the serial number "${serial}", which Vault copies from the request and no policy can forbid; check who issued it, and issue it again with "istio-vault issue"`,
  ),
  crlEndsFirst: rule(
    "IV0557",
    "warning",
    "No list of ca-crl.pem ends before its CA",
    (certificate: string, end: string) =>
      `the list of ${certificate} expires at ${end}, before that does, and proxies refuse every connection from that second on; nobody has to sign another in time: put in one that lasts as long as the CA`,
  ),
  crlOfPeerMissing: rule(
    "IV0558",
    "error",
    "The lists cover the intermediates of all clusters",
    (cluster: string, other: string) =>
      `the lists of ${cluster} hold none that the intermediate of ${other} signed; proxies of ${cluster} refuse every workload of ${other}; issue that intermediate again with "istio-vault issue", which adds its list`,
  ),
  crlNotIssued: rule(
    "IV0559",
    "error",
    "With revocation, each intermediate has its own list beside it",
    () =>
      `is not in the intermediate's secret, though mesh.yaml has revocation lists; agents render no lists, and a new istiod waits for them at its start; issue the intermediate again with "istio-vault issue"`,
  ),
  crlRefused: rule(
    "IV0560",
    "error",
    "ca-crl.pem holds what Envoy takes",
    (what: string) =>
      `${what}; istiod takes it, Envoy does not, and proxies refuse every connection under that CA, or keep the lists they had; have the list signed without`,
  ),
};
