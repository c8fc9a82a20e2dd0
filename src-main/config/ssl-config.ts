import { ServingError } from '../contracts/serving-error.ts';
import { asBoolean, asString, readFields, readTextFile } from './text-fields.ts';

/** What TLS listeners need; keys and certificates as PEM text. */
export interface SslConfig {
  readonly serverKey: string;
  /** The server's certificate, followed by those that it was signed with, if any. */
  readonly serverCert: string;
  /** Who signs the clients' certificates; the system's authorities where it is left out. */
  readonly customCa?: string;
  /** Whether a client needs a certificate. */
  readonly clientVerify: boolean;
}

/**
 * Reads an `--ssl_config_file`, message SSLConfig in the text format. The fields hold PEM text, not paths.
 * Source: TensorFlow Serving config/ssl_config.proto.
 * @throws ServingError INVALID_ARGUMENT; no message quotes a key.
 */
export function parseSslConfig(text: string): SslConfig {
  const found = { serverKey: '', serverCert: '', customCa: '', clientVerify: false };
  readTextFile(text, (fields) =>
    readFields(fields, 'SSLConfig', found, {
      server_key: (value, into) => {
        into.serverKey = asString(value, 'server_key');
      },
      server_cert: (value, into) => {
        into.serverCert = asString(value, 'server_cert');
      },
      custom_ca: (value, into) => {
        into.customCa = asString(value, 'custom_ca');
      },
      client_verify: (value, into) => {
        into.clientVerify = asBoolean(value, 'client_verify');
      },
    }),
  );
  const { serverKey, serverCert, customCa, clientVerify } = found;
  checkPem('server_key', serverKey, 'PRIVATE KEY');
  checkPem('server_cert', serverCert, 'CERTIFICATE');
  if (customCa !== '') checkPem('custom_ca', customCa, 'CERTIFICATE');
  return Object.freeze({ serverKey, serverCert, clientVerify, ...(customCa !== '' && { customCa }) });
}

function checkPem(field: string, text: string, label: string): void {
  if (new RegExp(`-----BEGIN [A-Z ]*${label}-----`, 'u').test(text)) return;
  const fault = text === '' ? 'is missing' : 'holds no PEM text';
  throw new ServingError(
    'INVALID_ARGUMENT',
    `${field} ${fault}: the content of the file goes in, not its path, from "-----BEGIN" to the end, with \\n for each new line`,
  );
}
