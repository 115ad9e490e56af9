import { lintClusters } from "../../../cli/lint/lint-clusters";
import type { LintFinding } from "../../../cli/lint/lint-finding";
import type { LintOptions } from "../../../cli/lint/lint-options";
import { lintPluginCaFiles } from "../../../cli/lint/lint-plugin-ca-files";
import { Duration } from "../../../lib";
import { type Bundles, pluginCaBundles } from "../../support/plugin-ca-bundles";
import { inDays, NOW, TestCa } from "../../support/test-ca";

/** A finding as people read it, points in time left out. */
const worded = ({ file, message, rule }: LintFinding) =>
  `${file}: ${message} (${rule})`.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "<time>");

const withoutFingerprints = (text: string) =>
  text.replace(/\(SHA-256 [0-9A-F:]+…\)/g, "(<fingerprint>)").replace(/"[0-9A-F]{2,40}"/g, '"<serial>"');

let bundles: Bundles;
beforeAll(async () => {
  bundles = await pluginCaBundles();
});

/** One bundle for each rule, and all that the rule says of it. */
const messages: [bundle: string, message: string][] = [
  [
    "key of another certificate",
    "ca-key.pem: is not the key of the certificate in ca-cert.pem; istiod does not start on it, and a running one keeps its old CA; write key and certificate of one issue (IV0509)",
  ],
  [
    "key as SEC1 after its parameters",
    "ca-key.pem: begins with a block EC PARAMETERS; istiod does not start on it, and a running one keeps its old CA; write the key alone, unencrypted, as PKCS#8 (PRIVATE KEY), PKCS#1 (RSA PRIVATE KEY) or SEC1 (EC PRIVATE KEY) (IV0507)",
  ],
  [
    "ECDSA secp256k1",
    'ca-cert.pem: "CN=Intermediate" has a key of the kind ECDSA on secp256k1; istiod does not start on it, a running one keeps its old CA or signs nothing, or peers refuse what hangs on it; use RSA of 2048 to 4096 bits, or ECDSA P-256 or P-384 (IV0508)',
  ],
  [
    "RSA 1024",
    'ca-cert.pem: "CN=Intermediate" has an RSA key of 1024 bits; peers that demand 112 bits of security, as OpenSSL at level 2 does, refuse every workload; reissue it with 2048 or more (IV0510)',
  ],
  [
    "chain empty",
    "cert-chain.pem: is empty; without the chain istiod serves nobody, without any of the others it does not start; write its PEM text (IV0503)",
  ],
  [
    "chain of the root alone",
    "cert-chain.pem: does not hold the certificate of ca-cert.pem; istiod starts, reports ready and serves nobody, since its own certificate does not verify; begin the chain with that certificate (IV0520)",
  ],
  [
    "chain: intermediate, root",
    'cert-chain.pem: holds the root "CN=Root A"; harmless, but every handshake carries it for nothing; remove it (IV0523)',
  ],
  [
    "chain: root, intermediate",
    "cert-chain.pem: is not in order; istiod takes the first certificate for its own in metrics and lifetimes, and strict TLS clients refuse such a chain; write the intermediate first, then each issuer (IV0522)",
  ],
  [
    "chain: intermediate, another one",
    'cert-chain.pem: "CN=Intermediate" is no part of the chain; istiod ignores it, or sends it for nothing; remove it (IV0524)',
  ],
  [
    "chain: an ended certificate of the same key",
    'cert-chain.pem: "CN=Intermediate" ended at <time>; peers refuse whatever hangs on it: istiod does not start on it, and a running one serves nobody while it reports ready; issue a new intermediate, or rotate the root (IV0511)',
  ],
  [
    "intermediate not yet valid",
    'ca-cert.pem: "CN=Intermediate" is not valid before <time>; istiod does not start on it, and a running one keeps its old CA; wait, or set the issuer\'s clock right and reissue it (IV0512)',
  ],
  [
    "intermediate ends in half an hour",
    'ca-cert.pem: "CN=Intermediate" expires at <time>, in 30m, after which no workload gets a certificate; renew the intermediate, or rotate a root that expires first (IV0514)',
  ],
  [
    "intermediate is no CA",
    'ca-cert.pem: "CN=Intermediate" is no CA (basicConstraints CA:TRUE); istiod does not start on it, but a running one takes such an intermediate, and then serves nobody; have it signed as a CA (IV0516)',
  ],
  [
    "intermediate without keyCertSign",
    'ca-cert.pem: "CN=Intermediate" has a keyUsage without keyCertSign; istiod does not start where an issuer above lacks it, and with such an intermediate it reports ready and serves nobody; reissue it with keyCertSign and cRLSign (IV0517)',
  ],
  [
    "intermediate without keyUsage",
    'ca-cert.pem: "CN=Intermediate" has no keyUsage; istiod and most peers accept that, strict ones refuse every workload; reissue it with keyCertSign and cRLSign (IV0518)',
  ],
  [
    "intermediate for serverAuth alone",
    'ca-cert.pem: "CN=Intermediate" has an extended key usage without clientAuth; without serverAuth istiod does not start, without clientAuth peers refuse every workload that calls them, and anyExtendedKeyUsage stands for neither where OpenSSL looks; reissue it with both, or with none (IV0525)',
  ],
  [
    "intermediate signed with SHA-1",
    'ca-cert.pem: "CN=Intermediate" is signed with SHA-1; istiod does not start on it, and a running one keeps its old CA; have it signed with SHA-256 (IV0528)',
  ],
  [
    "intermediate with an unknown critical extension",
    'ca-cert.pem: "CN=Intermediate" has the critical extension 1.3.6.1.4.1.99999.1, which istiod does not know, or proxies do not; istiod does not start on it, and a running one keeps its old CA, or proxies refuse every workload; reissue it without, or not critical (IV0527)',
  ],
  [
    "intermediate constrained to other DNS names",
    'ca-cert.pem: "CN=Intermediate" has name constraints, which istiod does not hold against what it issues; peers refuse workloads whose spiffe:// URI, and istiod if its DNS names, are outside, and OpenSSL and BoringSSL CAs whose subject is; make sure all are inside (IV0526)',
  ],
  [
    "intermediate with another authority key id",
    'ca-cert.pem: "CN=Intermediate" names another authority key id than "CN=Root A" has; istiod accepts that, OpenSSL and BoringSSL, and so proxies, do not find the issuer; have it signed by the issuer as it is in the files (IV0529)',
  ],
  [
    "two levels, the upper one missing",
    'cert-chain.pem: "CN=Lower" is signed by "CN=Upper", which is neither in cert-chain.pem nor in root-cert.pem; istiod does not start on it, and a running one keeps its old CA; write every level below the root into cert-chain.pem, and the root into root-cert.pem (IV0521)',
  ],
  [
    "two levels, the upper one pathlen 0",
    'cert-chain.pem: "CN=Upper" has pathlen 0, and 1 CA is below it; istiod starts, reports ready and serves nobody, since its own certificate does not verify; use one whose pathlen is at least 1 (IV0519)',
  ],
  [
    "two levels, the upper one ends first",
    'ca-cert.pem: "CN=Lower" outlives its issuer "CN=Upper", which expires at <time>; istiod issues certificates beyond that, and all of them fail then; reissue it with a shorter lifetime (IV0515)',
  ],
  [
    "an expired root joins",
    'root-cert.pem: "CN=Old root" ended at <time>, and no longer vouches for anyone; drop it, at the beginning or the end of the bundle (IV0531)',
  ],
  [
    "an intermediate joins as a root, and signs",
    'root-cert.pem: "CN=Upper" is not self-signed; istiod takes it as a root, peers that insist on one do not; write the root at the top of its chain (IV0530)',
  ],
  [
    "byte order mark before the certificate",
    "ca-cert.pem: holds no PEM block; istiod does not start on it, and a running one takes such a chain and hands on what nobody can read; write each certificate from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----, both on lines of their own, and have one that is wrong in itself reissued (IV0505)",
  ],
  [
    "the key in ca-cert.pem too",
    "ca-cert.pem: holds a private key, and istiod hands certificate files on to every workload; take the key out, and treat it as exposed: issue a new intermediate (IV0506)",
  ],
  [
    "ca-key.pem missing",
    "ca-key.pem: is missing; istiod does not start on it, and a running one keeps its old CA; write all four (IV0502)",
  ],
  [
    "all four missing",
    ": none of the four files is there; istiod would become its own self-signed root, which no other cluster trusts; write ca-key.pem, ca-cert.pem, cert-chain.pem and root-cert.pem (IV0501)",
  ],
  [
    "ca-key.pem empty",
    "ca-key.pem: is empty; without the chain istiod serves nobody, without any of the others it does not start; write its PEM text (IV0503)",
  ],
  [
    "certificate and root in ca-cert.pem",
    'ca-cert.pem: "CN=Root A" is no part of the chain; istiod ignores it, or sends it for nothing; remove it (IV0524)',
  ],
  [
    "intermediate with a negative serial number",
    "ca-cert.pem: block 1 has a negative serial number; istiod does not start on it, and a running one takes such a chain and hands on what nobody can read; write each certificate from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----, both on lines of their own, and have one that is wrong in itself reissued (IV0505)",
  ],
  [
    "authority key id by issuer and serial number, from before the root was renewed",
    'ca-cert.pem: "CN=Intermediate" names its issuer\'s certificate by issuer and serial number, and means another than "CN=Root" has, such as the one before a renewal; istiod accepts that, OpenSSL and BoringSSL, and so proxies, do not find the issuer; have it signed by the issuer as it is in the files, with a key id alone (IV0541)',
  ],
  [
    "root with another authority key id",
    'root-cert.pem: "CN=Root" is its own issuer by name, and by authority key id is not; istiod accepts that, OpenSSL and BoringSSL, and so proxies, look for another issuer and find none; reissue the root with the id of its own key, or with none (IV0542)',
  ],
  [
    "two roots of a name without key ids, the other first",
    'root-cert.pem: "CN=Intermediate" is signed by "CN=Root" (<fingerprint>), and OpenSSL or BoringSSL may take "CN=Root" (<fingerprint>) for its issuer, since they look at names and key ids, take one that fits and do not turn back: proxies refuse every workload; issue both with key ids, or with names of their own (IV0543)',
  ],
  [
    "intermediate with critical policyConstraints",
    'ca-cert.pem: "CN=Intermediate" demands certificate policies of all below it, and what istiod issues has none; istiod starts, reports ready and serves nobody, or does not start, and proxies refuse every workload; have it issued by a CA without policyConstraints and policyMappings (IV0544)',
  ],
  [
    "intermediate that maps any policy",
    'ca-cert.pem: "CN=Intermediate" maps the policy that means any, and what istiod issues has none; istiod starts, reports ready and serves nobody, or does not start, and proxies refuse every workload; have it issued by a CA without policyConstraints and policyMappings (IV0544)',
  ],
  [
    "root whose own signature is damaged",
    'root-cert.pem: "CN=Root" is its own issuer by name, and its signature is not of its key; nobody checks the signature of a root, so that workloads accept each other; find out how it came to be damaged, and replace it (IV0545)',
  ],
  [
    "nine CAs that sign each other",
    'cert-chain.pem: so many certificates sign each other that the way from "CN=CA 0" to a root is not found within the 100 looks at issuers after which istiod gives up; leave out of cert-chain.pem and root-cert.pem what is no part of the chain (IV0546)',
  ],
  [
    "list with bytes after its DER",
    "ca-crl.pem: block 1 has bytes after its end; istiod from 1.27 on does not start on it, and a running one keeps its old CA; write each list from -----BEGIN X509 CRL----- to -----END X509 CRL-----, or remove the file (IV0547)",
  ],
  [
    "list of the root alone",
    'ca-crl.pem: holds no list that "CN=Intermediate" signed; without that of a certificate in cert-chain.pem istiod from 1.27 on does not start and a running one keeps its old CA, without the root\'s proxies refuse every connection; add the list, signed by that key, or remove the file (IV0548)',
  ],
  [
    "list of the root expired",
    'ca-crl.pem: has no list of "CN=Root" that is current (begins or ended at <time>); istiod does not look at that, and proxies refuse every connection; put in a list that lasts as long as the CA (IV0549)',
  ],
  [
    "list that revokes the intermediate",
    'ca-crl.pem: the list of "CN=Root" revokes "CN=Intermediate"; istiod goes on signing with it, and proxies refuse every workload it signs; issue a new intermediate (IV0550)',
  ],
  [
    "chain: another one that has expired, intermediate",
    'cert-chain.pem: "CN=Another" ended at <time>; peers refuse whatever hangs on it: istiod does not start on it, and a running one serves nobody while it reports ready; issue a new intermediate, or rotate the root (IV0511)',
  ],
  [
    "chain: intermediate, another one on secp256k1",
    'cert-chain.pem: "CN=Another" has a key of the kind ECDSA on secp256k1; istiod does not start on it, a running one keeps its old CA or signs nothing, or peers refuse what hangs on it; use RSA of 2048 to 4096 bits, or ECDSA P-256 or P-384 (IV0508)',
  ],
  [
    "chain: intermediate, another one signed with SHA-1",
    'cert-chain.pem: "CN=Another" is signed with SHA-1; Go may pass over it, OpenSSL loads no chain that holds it and trusts no root like it; remove it, or have it signed with SHA-256 (IV0553)',
  ],
  [
    "root signed with an unknown algorithm",
    'root-cert.pem: "CN=Root" is signed with the algorithm 1.2.3.4; Go may pass over it, OpenSSL loads no chain that holds it and trusts no root like it; remove it, or have it signed with SHA-256 (IV0553)',
  ],
  [
    "intermediate without a subject",
    'ca-cert.pem: "<serial>" has no subject, and neither have workloads, so that OpenSSL takes each for its own issuer and refuses it; reissue it with a common name (IV0554)',
  ],
  [
    "lists, and distribution points for some reasons",
    'ca-crl.pem: "CN=Intermediate" has cRLDistributionPoints for some reasons of revocation alone, and OpenSSL then finds no list that is whole for it: proxies refuse every connection; reissue it without reasons, or remove the file (IV0555)',
  ],
  [
    "list with an entry whose extensions are empty",
    "ca-crl.pem: block 2 has an entry whose extensions are empty; istiod takes it, Envoy does not, and proxies refuse every connection under that CA, or keep the lists they had; have the list signed without (IV0560)",
  ],
  [
    "list with an entry with a critical extension",
    "ca-crl.pem: block 2 has an entry with the critical extension 1.3.6.1.4.1.99999.1; istiod takes it, Envoy does not, and proxies refuse every connection under that CA, or keep the lists they had; have the list signed without (IV0560)",
  ],
  [
    "list of CAs alone",
    "ca-crl.pem: block 2 is for some certificates or reasons alone; istiod takes it, Envoy does not, and proxies refuse every connection under that CA, or keep the lists they had; have the list signed without (IV0560)",
  ],
  [
    "lists of namesakes",
    'ca-crl.pem: "CN=Root" has the name of another CA, whose list could be its own by name and key id; proxies may take the other one, and refuse every connection; have each list issued with an authority key id (IV0552)',
  ],
];

test.each(messages)("%s", (name, message) => {
  const found = lintPluginCaFiles(bundles[name]!, { now: NOW }).map(worded);
  expect(found.map(withoutFingerprints)).toContain(message);
});

describe("the end of the chain", () => {
  const end = async (validity: { notBefore: Date; notAfter: Date }, options: Partial<LintOptions> = {}) => {
    const root = await TestCa.issue({ name: "Root" });
    const { pem, keyPem } = await TestCa.issue({ name: "Intermediate", issuer: root, ...validity });
    const files = { caKey: keyPem, caCert: pem, certChain: pem, rootCert: root.pem };
    return lintPluginCaFiles(files, { now: NOW, ...options }).map(worded);
  };

  test("is a warning once two thirds of the lifetime are used", async () => {
    expect(await end({ notBefore: inDays(-59), notAfter: inDays(31) })).toEqual([]);
    expect(await end({ notBefore: inDays(-61), notAfter: inDays(29) })).toEqual([
      'ca-cert.pem: "CN=Intermediate" expires at <time>, in 29d, after which no workload gets a certificate; renew the intermediate, or rotate a root that expires first (IV0514)',
    ]);
  });

  test("is an error where the agent would come too late", async () => {
    const validity = { notBefore: inDays(-89), notAfter: inDays(0.25) };
    expect(await end(validity, { renderInterval: Duration.hours(5) })).toHaveLength(1);
    expect(await end(validity, { renderInterval: Duration.hours(7) })).toEqual([
      'ca-cert.pem: "CN=Intermediate" expires in 6h, and the agent looks for a new one every 7h; istiod would serve nobody in between; renew now, and restart istiod if it has expired (IV0513)',
    ]);
  });
});

describe("a bundle that takes the place of another", () => {
  let texts: Record<string, string>;
  beforeAll(async () => {
    const [a, b, c] = await Promise.all(
      ["A", "B", "C"].map((name) => TestCa.issue({ name: `Root ${name}` })),
    );
    const windows = a!.pem.replaceAll("\n", "\r\n");
    texts = { a: a!.pem, b: b!.pem, c: c!.pem, "#": "# text\n", w: windows };
  });
  const change = (step: string, istioVersion = "1.29.6") => {
    const [from, to] = step.split(" ").map((names) => [...names].map((name) => texts[name]!).join(""));
    const files = { ...bundles.sound, rootCert: to };
    return lintPluginCaFiles(files, { now: NOW, previous: { rootCert: from!, istioVersion } })
      .filter(({ rule }) => rule === "IV0532" || rule === "IV0603")
      .map(worded);
  };

  test.each(["a ab", "a ba", "ab b", "ab a", "ab abb", "a #a", "abc bc"])("may go %s", (step) => {
    expect(change(step)).toEqual([]);
  });

  test.each(["a b", "ab bc", "ab ba", "ab acb", "abc ac"])("may not go %s", (step) => {
    expect(change(step)).toEqual([
      expect.stringMatching(/^root-cert.pem: the bundle of these files .*\(IV0603\)$/),
    ]);
  });

  test.each(["a w", "ab a#b", "aw w#a"])("may not change its bytes: %s", (step) => {
    expect(change(step)).toEqual([
      "root-cert.pem: holds the roots as before in other bytes (line ends, or text between them), which a running istiod 1.29.6 refuses, and with it everything that is written along, renewed intermediates too, until it is restarted or the old bytes return; write the old bytes, and add to them or cut from them at one end (IV0532)",
    ]);
  });

  test("names the roots it goes from and to", () => {
    expect(change("a b").map(withoutFingerprints)).toEqual([
      'root-cert.pem: the bundle of these files would change from ["CN=Root A" (<fingerprint>)] to ["CN=Root B" (<fingerprint>)], which a running istiod 1.29.6 refuses; it would refuse every later renewal of its intermediate too, and stop serving once that has expired; in one change either append roots at the end or drop them from one end, without changing the order (IV0603)',
    ]);
  });

  test("is compared by its certificates from Istio 1.30 on", () => {
    for (const step of ["ab ba", "ab acb", "a w"]) expect(change(step, "1.30.0")).toEqual([]);
    expect(change("a b", "1.30.0")).toHaveLength(1);
  });
});

describe("several clusters", () => {
  const cluster = (name: string, files: Bundles[string]) => ({ cluster: name, files });
  const of = async (root: TestCa, ...bundle: TestCa[]) => {
    const { pem } = await TestCa.issue({ name: "Intermediate", issuer: root });
    return { caCert: pem, certChain: pem, rootCert: bundle.map((each) => each.pem).join("") };
  };
  let [a, b]: TestCa[] = [];
  beforeAll(async () => {
    [a, b] = await Promise.all(["A", "B"].map((name) => TestCa.issue({ name: `Root ${name}` })));
  });

  test("are fine with one root and an intermediate each", async () => {
    const clusters = [cluster("cluster1", await of(a!, a!)), cluster("cluster2", await of(a!, a!))];
    expect(lintClusters(clusters)).toEqual([]);
  });

  test("do not accept each other without a common root", async () => {
    const clusters = [cluster("cluster1", await of(a!, a!, b!)), cluster("cluster2", await of(b!, b!))];
    const found = lintClusters(clusters).map(worded);
    expect(found.map(withoutFingerprints)).toEqual([
      'root-cert.pem: cluster1 signs with root "CN=Root A" (<fingerprint>), which cluster2 does not trust, and would refuse every connection from cluster1; first add "CN=Root A" (<fingerprint>) to the bundle of every cluster and deploy that (IV0203)',
      "root-cert.pem: the bundles of cluster1 and cluster2 hold different roots; between two steps of a rotation that is expected; otherwise write the same bytes to both (IV0533)",
    ]);
  });

  test("are warned of roots that differ only in bytes", async () => {
    const clusters = [cluster("cluster1", await of(a!, a!, b!)), cluster("cluster2", await of(a!, b!, a!))];
    expect(lintClusters(clusters).map(worded)).toEqual([
      "root-cert.pem: the bundles of cluster1 and cluster2 hold the same roots in other bytes (their order, line ends or text between); between two steps of a rotation that is expected; otherwise write the same bytes to both (IV0533)",
    ]);
  });

  test("need a list of each other's intermediate, where they have lists", async () => {
    const [one, other] = await Promise.all(
      ["One", "Other"].map((name) => TestCa.issue({ name, issuer: a! })),
    );
    const [rootsList, oneList] = [await a!.list(), await one!.list()];
    const files = { rootCert: a!.pem, caCrl: `${rootsList}${oneList}` };
    const clusters = [one!, other!].map(({ pem }, index) =>
      cluster(`cluster${index + 1}`, { ...files, caCert: pem, certChain: pem }),
    );
    expect(lintClusters(clusters).map(worded)).toEqual([
      'ca-crl.pem: the lists of cluster1 hold none that the intermediate of cluster2 signed; proxies of cluster1 refuse every workload of cluster2; issue that intermediate again with "istio-vault issue", which adds its list (IV0558)',
    ]);
  });

  test("do not share an intermediate", async () => {
    const files = await of(a!, a!);
    expect(lintClusters([cluster("cluster1", files), cluster("cluster2", files)]).map(worded)).toEqual([
      "ca-cert.pem: cluster1 and cluster2 use the same key; who takes it from one is the CA of both; issue one intermediate for each (IV0534)",
    ]);
  });
});

test("a list that ends before its CA is warned of", async () => {
  const root = await TestCa.issue({ name: "Root" });
  const { keyPem, pem, list } = await withList(root);
  const files = { caKey: keyPem, caCert: pem, certChain: pem, rootCert: root.pem };
  const end = inDays(3);
  const caCrl = `${await root.list({ end })}${list}`;
  expect(lintPluginCaFiles({ ...files, caCrl }, { now: NOW }).map(worded)).toEqual([
    'ca-crl.pem: the list of "CN=Root" expires at <time>, before that does, and proxies refuse every connection from that second on; nobody has to sign another in time: put in one that lasts as long as the CA (IV0557)',
  ]);
  expect(lintPluginCaFiles({ ...files, caCrl: `${await root.list()}${list}` }, { now: NOW })).toEqual([]);
});

async function withList(issuer: TestCa) {
  const ca = await TestCa.issue({ name: "Intermediate", issuer });
  return { keyPem: ca.keyPem, pem: ca.pem, list: await ca.list() };
}

test("public parts alone need no key", () => {
  const { caKey, ...publicParts } = bundles.sound!;
  expect(caKey).toBeDefined();
  expect(lintPluginCaFiles(publicParts, { now: NOW, publicOnly: true })).toEqual([]);
});
