import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';

/** A certificate and its key, as Node takes them. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
  readonly commonName: string;
}

export interface CertificateOptions {
  readonly commonName: string;
  /** Host names and IPv4 addresses that it is for; default none. */
  readonly hosts?: readonly string[];
  /** Who signs it; default itself, as a root. */
  readonly issuer?: Certificate;
}

/** Makes a certificate (P-256, valid for a day): Node can read such, and not write them. */
export function makeCertificate({ commonName, hosts = [], issuer }: CertificateOptions): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = pem(privateKey);
  const now = Date.now();
  const serial = randomBytes(8);
  // Positive, and without a leading zero, which strict readers refuse as padding.
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  const extensions = [
    extension('551d13', sequence(...(issuer ? [] : [der(0x01, Buffer.from([0xff]))])), true), // basicConstraints
  ];
  if (hosts.length > 0) extensions.push(extension('551d11', sequence(...hosts.map(generalName)))); // subjectAltName
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))), // version 3
    der(0x02, serial),
    ECDSA_WITH_SHA256,
    nameOf(issuer?.commonName ?? commonName),
    sequence(time(now - 3_600_000), time(now + 86_400_000)),
    nameOf(commonName),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...extensions)),
  );
  const signature = sign('sha256', body, issuer?.key ?? key);
  const certificate = sequence(body, ECDSA_WITH_SHA256, der(0x03, Buffer.concat([Buffer.alloc(1), signature])));
  const lines = certificate.toString('base64').replaceAll(/.{64}/gu, '$&\n').trim();
  return { cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`, key, commonName };
}

function pem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** One value of ASN.1 in its DER encoding. */
function der(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

function sequence(...items: readonly Buffer[]): Buffer {
  return der(0x30, Buffer.concat(items));
}

function objectId(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, 'hex'));
}

const ECDSA_WITH_SHA256 = sequence(objectId('2a8648ce3d040302'));

function nameOf(commonName: string): Buffer {
  return sequence(der(0x31, sequence(objectId('550403'), der(0x0c, Buffer.from(commonName)))));
}

function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replaceAll(/[-:T]|\.\d+/gu, '');
  return der(0x18, Buffer.from(digits));
}

function extension(id: string, value: Buffer, critical = false): Buffer {
  return sequence(objectId(id), ...(critical ? [der(0x01, Buffer.from([0xff]))] : []), der(0x04, value));
}

function generalName(host: string): Buffer {
  return isIP(host) === 4 ? der(0x87, Buffer.from(host.split('.').map(Number))) : der(0x82, Buffer.from(host));
}
