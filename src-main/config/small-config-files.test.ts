import { describe, expect, it } from 'vitest';
import { parseBatchingParameters } from './batching-parameters.ts';
import { parseMonitoringConfig } from './monitoring-config.ts';
import { parseSslConfig } from './ssl-config.ts';

const KEY = String.raw`-----BEGIN RSA PRIVATE KEY-----\nsecret\n-----END RSA PRIVATE KEY-----\n`;
const CERT = String.raw`-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n`;

describe('parseSslConfig', () => {
  it('reads PEM text', () => {
    const text = `server_key: "${KEY}" server_cert: '${CERT}' custom_ca: "${CERT}" client_verify: true`;
    expect(parseSslConfig(text)).toEqual({
      serverKey: '-----BEGIN RSA PRIVATE KEY-----\nsecret\n-----END RSA PRIVATE KEY-----\n',
      serverCert: '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n',
      customCa: '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n',
      clientVerify: true,
    });
  });

  it('asks no client for a certificate unless told to', () => {
    expect(parseSslConfig(`server_key: "${KEY}" server_cert: "${CERT}"`)).toMatchObject({ clientVerify: false });
  });

  it.each([
    ['', 'server_key is missing'],
    [
      `server_key: "/etc/key.pem" server_cert: "${CERT}"`,
      'server_key holds no PEM text: the content of the file goes in',
    ],
    [`server_key: "${KEY}"`, 'server_cert is missing'],
    [`server_key: "${KEY}" server_cert: "${CERT}" custom_ca: "ca.pem"`, 'custom_ca holds no PEM text'],
    [`server_key: "${KEY}" client_verify: maybe`, 'client_verify is true or false'],
    ['server_kee: ""', 'line 1, column 1: message SSLConfig has no field "server_kee"'],
  ])('refuses %j without quoting a key', (text, message) => {
    expect(() => parseSslConfig(text)).toThrow(message);
    expect(() => parseSslConfig(text)).not.toThrow('secret');
  });
});

describe('parseMonitoringConfig', () => {
  it.each([
    ['', { enabled: false, path: '/monitoring/prometheus/metrics' }],
    ['prometheus_config { enable: true }', { enabled: true, path: '/monitoring/prometheus/metrics' }],
    ['prometheus_config: { enable: true, path: "/metrics" }', { enabled: true, path: '/metrics' }],
    ['prometheus_config { enable: true path: "" }', { enabled: true, path: '/monitoring/prometheus/metrics' }],
  ])('reads %j', (text, expected) => {
    expect(parseMonitoringConfig(text)).toEqual(expected);
  });

  it.each([
    ['prometheus_config { path: "metrics" }', 'line 1, column 27: path is the path of a URL'],
    ['prometheus_config { path: "/m?x" }', 'path is the path of a URL'],
    ['prometheus_config { enabled: true }', 'has no field "enabled" in this server; known here: enable, path'],
  ])('refuses %j', (text, message) => {
    expect(() => parseMonitoringConfig(text)).toThrow(message);
  });
});

describe('parseBatchingParameters', () => {
  it("reads the example of TensorFlow Serving's documentation", () => {
    const text = `
      max_batch_size { value: 128 }
      batch_timeout_micros { value: 0 }
      max_enqueued_batches { value: 1000000 }
      num_batch_threads { value: 8 }
      thread_pool_name { value: "pool" }
      allowed_batch_sizes: 32 allowed_batch_sizes: 128
      pad_variable_length_inputs: true`;
    const { parameters, warnings } = parseBatchingParameters(text);
    expect(parameters).toEqual({
      maxBatchSize: 128,
      batchTimeoutMicros: 0,
      maxEnqueuedBatches: 1_000_000,
      allowedBatchSizes: [32, 128],
      padVariableLengthInputs: true,
    });
    expect(warnings).toEqual([
      expect.stringContaining('num_batch_threads has no effect'),
      expect.stringContaining('thread_pool_name has no effect'),
    ]);
  });

  it.each([
    [
      'enable_large_batch_splitting { value: true } max_batch_size { value: 64 } max_execution_batch_size { value: 16 } allowed_batch_sizes: [4, 16]',
      { enableLargeBatchSplitting: true, maxBatchSize: 64, maxExecutionBatchSize: 16, allowedBatchSizes: [4, 16] },
    ],
    ['batch_timeout_micros {}', { batchTimeoutMicros: 0 }],
    ['', {}],
  ])('reads %j', (text, parameters) => {
    expect(parseBatchingParameters(text)).toEqual({ parameters, warnings: [] });
  });

  it.each([
    ['max_batch_size { value: 0 }', 'value of max_batch_size is a whole number from 1'],
    ['max_batch_size {}', 'max_batch_size is at least 1'],
    ['max_batch_size: 3', 'max_batch_size is a message'],
    ['allowed_batch_sizes: 8 allowed_batch_sizes: 4', 'allowed_batch_sizes entries must be in increasing order'],
    [
      'max_batch_size { value: 8 } allowed_batch_sizes: 4',
      'line 1, column 29: the last entry of allowed_batch_sizes must equal max_batch_size; it is 4, expected 8',
    ],
    [
      'max_batch_size { value: 8 } max_execution_batch_size { value: 9 }',
      'max_execution_batch_size (9) must not be larger than max_batch_size (8)',
    ],
    ['max_batch_sise { value: 8 }', 'message BatchingParameters has no field "max_batch_sise"'],
  ])('refuses %j', (text, message) => {
    expect(() => parseBatchingParameters(text)).toThrow(message);
  });
});
