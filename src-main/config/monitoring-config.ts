import { asBoolean, asMessage, asString, failAt, readFields, readTextFile } from './text-fields.ts';

/** Whether metrics are served for Prometheus, and at which path of the REST API. */
export interface MonitoringConfig {
  readonly enabled: boolean;
  readonly path: string;
}

/** Source: TensorFlow Serving util/prometheus_exporter.cc kPrometheusPath. */
const PROMETHEUS_PATH = '/monitoring/prometheus/metrics';

/** What goes without a file. Deviation: on, since nobody but this computer is listened to. */
export const DEFAULT_MONITORING: MonitoringConfig = { enabled: true, path: PROMETHEUS_PATH };

/**
 * Reads a `--monitoring_config_file`, message MonitoringConfig in the text format.
 * Source: TensorFlow Serving config/monitoring_config.proto: off unless the file says `enable: true`.
 * @throws ServingError INVALID_ARGUMENT; the message says where and what.
 */
export function parseMonitoringConfig(text: string): MonitoringConfig {
  const found = { enabled: false, path: PROMETHEUS_PATH };
  readTextFile(text, (fields) =>
    readFields(fields, 'MonitoringConfig', found, {
      prometheus_config: (config, into) =>
        readFields(asMessage(config, 'prometheus_config'), 'PrometheusConfig', into, {
          enable: (value, target) => {
            target.enabled = asBoolean(value, 'enable');
          },
          path: (value, target) => {
            const path = asString(value, 'path');
            if (path !== '' && !/^\/[^?#\s]*$/u.test(path)) {
              failAt(value.place, `path is the path of a URL, with a "/" at its start: path: "${PROMETHEUS_PATH}"`);
            }
            target.path = path === '' ? PROMETHEUS_PATH : path;
          },
        }),
    }),
  );
  return Object.freeze({ ...found });
}
