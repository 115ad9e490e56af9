import { containsPrivateKey, isSelfSignedCa, parseCertificates } from "../../../lib/private/pem";
import { CA_PEM } from "../../support/synth";

/** A CA that another CA signed. */
const INTERMEDIATE_PEM = `-----BEGIN CERTIFICATE-----
MIIBfDCCASGgAwIBAgIUVKGO058utq73GYz4wm1ktP4DWsYwCgYIKoZIzj0EAwIw
DzENMAsGA1UEAwwEcm9vdDAeFw0yNjExMjQwMTU1MzlaFw0zNjExMjEwMTU1Mzla
MBcxFTATBgNVBAMMDGludGVybWVkaWF0ZTBZMBMGByqGSM49AgEGCCqGSM49AwEH
A0IABG92yxvGC1Zfr8TgqpZCAupHU8VbHQVaLOk6gu3aWiepSWAzec+oGcpvFpox
Hhrn1nzQUsGx+1PL9+VE1VOVBwejUzBRMA8GA1UdEwEB/wQFMAMBAf8wHQYDVR0O
BBYEFAz9MbWOIaRFgkRwyN/ZUh1U+BufMB8GA1UdIwQYMBaAFPog6G2cGMFkUsv1
O8dZAKo1uGZPMAoGCCqGSM49BAMCA0kAMEYCIQDcfyuE+vXluAXZgK7BomtDPbhG
fOMrT9EhgFrSvMMWSwIhAKJyTjPrSRDRXdAw2vHypPNSyZUJMZPSBwQzrBojZ6Y4
-----END CERTIFICATE-----
`;

/** Signed by its own key, and no CA. */
const SERVER_PEM = `-----BEGIN CERTIFICATE-----
MIIBdDCCARqgAwIBAgIUEer+QTo/VlCaq6X+YrOp85iCv+owCgYIKoZIzj0EAwIw
ETEPMA0GA1UEAwwGc2VydmVyMB4XDTI2MTEyNDAxNTUzOVoXDTM2MTEyMTAxNTUz
OVowETEPMA0GA1UEAwwGc2VydmVyMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE
iPZevucI/gKi+o+As4aJOGyappy6UnMT06nZ/lNcV3lWX6Rk/F+hfQHt1e3KHakC
DH8JqhJcVg1843zVXNPcs6NQME4wHQYDVR0OBBYEFBjxxvbU8n0glbdVqDd5d7AQ
UN8yMB8GA1UdIwQYMBaAFBjxxvbU8n0glbdVqDd5d7AQUN8yMAwGA1UdEwEB/wQC
MAAwCgYIKoZIzj0EAwIDSAAwRQIhANUckqwfeevJifb9mnWmfdjzkeeCRrqEWw8N
h5j53WeCAiA4NJAURJZEjwqhKoGS09P41voSFjkZi4S7tg2c0aXSAg==
-----END CERTIFICATE-----
`;

const BROKEN_PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";

describe("certificates", () => {
  test("are read one by one, whatever is between them", () => {
    const subjects = parseCertificates(`# a comment\n${CA_PEM}\n\n${SERVER_PEM}`)?.map(
      ({ subject }) => subject,
    );
    expect(subjects).toEqual(["CN=cluster1 kubernetes (sample)", "CN=server"]);
  });

  test.each([
    ["there is none", "no certificate"],
    ["one of them is broken", CA_PEM + BROKEN_PEM],
  ])("are undefined where %s", (_why, pem) => {
    expect(parseCertificates(pem)).toBeUndefined();
  });
});

describe("a self-signed CA", () => {
  test("is one certificate, a CA, and signed by its own key", () => {
    expect(isSelfSignedCa(CA_PEM)).toBe(true);
  });

  test.each([
    ["an intermediate", INTERMEDIATE_PEM],
    ["a self-signed server", SERVER_PEM],
    ["two of them", CA_PEM + CA_PEM],
    ["a broken certificate", BROKEN_PEM],
    ["none", ""],
  ])("is not %s", (_what, pem) => {
    expect(isSelfSignedCa(pem)).toBe(false);
  });
});

test.each(["", "RSA ", "EC ", "ENCRYPTED "])("a private key is found: BEGIN %sPRIVATE KEY", (kind) => {
  expect(containsPrivateKey(`${CA_PEM}-----BEGIN ${kind}PRIVATE KEY-----`)).toBe(true);
});

test("a certificate is no private key", () => {
  expect(containsPrivateKey(CA_PEM)).toBe(false);
});
