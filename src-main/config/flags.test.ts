import { describe, expect, it } from 'vitest';
import { flagsHelp, ownFlags, parseFlags } from './flags.ts';
import { settingsFromFlags } from './settings.ts';

describe('parseFlags', () => {
  it("has TensorFlow Serving's defaults where it has its flags", () => {
    expect(parseFlags([])).toMatchObject({
      rest_api_port: 8501,
      model_name: 'default',
      file_system_poll_wait_seconds: 1,
      max_num_load_retries: 5,
      load_retry_interval_micros: 60_000_000,
      rest_api_timeout_in_ms: 30_000,
      host: '127.0.0.1',
    });
  });

  it.each([
    [['--rest_api_port=9000'], { rest_api_port: 9000 }],
    [['--rest_api_port', '9000'], { rest_api_port: 9000 }],
    [['--rest-api-port=9000'], { rest_api_port: 9000 }],
    [['--model_base_path=/a=b'], { model_base_path: '/a=b' }],
    [['--model_base_path='], { model_base_path: '' }],
    [['--open_browser', '--ui_port=0'], { open_browser: true, ui_port: 0 }],
    [['--open_browser=false'], { open_browser: false }],
    [['--port=0'], { port: 0 }],
    [['-h'], { help: true }],
    [['--file_system_poll_wait_seconds=0.5'], { file_system_poll_wait_seconds: 0.5 }],
  ])('reads %j', (argv, expected) => {
    expect(parseFlags(argv)).toMatchObject(expected);
  });

  it.each([
    [['--rest_api_prot=1'], 'unknown flag --rest_api_prot, did you mean --rest_api_port?'],
    [['--xyzzy'], 'unknown flag --xyzzy. --help'],
    [['serve'], '"serve" is no flag'],
    [['--rest_api_port'], '--rest_api_port needs a value'],
    [['--rest_api_port=65536'], '--rest_api_port=65536 is more than 65535'],
    [['--rest_api_port=-1'], '--rest_api_port=-1 is not a whole number'],
    [['--rest_api_port='], '--rest_api_port= is not a whole number'],
    [['--max_num_load_retries=1.5'], '--max_num_load_retries=1.5 is not a whole number'],
    [['--open_browser=yes'], '--open_browser=yes is neither true nor false'],
    [['--port=8500'], '--port=8500 cannot be used: there is no gRPC API yet'],
    [['--log_level=loud'], '--log_level=loud is none of debug, info, warn, error'],
    [['--host=a', '--host=b'], '--host is given twice'],
    [['--model_name=', '--model_base_path=/m'], '--model_name= a model name must not be empty'],
    [['--model_name=m'], '--model_name=m needs --model_base_path'],
    [['--rest_api_timeout_in_ms=0'], '--rest_api_timeout_in_ms=0 would give up every request at once'],
    [['--drain_timeout_millis=9999999999'], '--drain_timeout_millis=9999999999 is more than 2147483647'],
  ])('refuses %j', (argv, message) => {
    expect(() => parseFlags(argv)).toThrow(message);
  });
});

describe('ownFlags', () => {
  it('leaves out what the platform puts on the command line', () => {
    const argv = ['--no-sandbox', '/app', '--rest_api_port=0', '--ui_port', '--enable-features=X', '--data_dir=/d'];
    expect(ownFlags(argv)).toEqual(['--rest_api_port=0', '--data_dir=/d']);
  });
});

describe('flagsHelp', () => {
  it('names every flag with its default and keeps to the width', () => {
    const help = flagsHelp(60);
    for (const flag of Object.keys(parseFlags([]))) expect(help).toContain(`--${flag}`);
    expect(help).toContain('--rest_api_port=8501');
    expect(Math.max(...help.split('\n').map((line) => line.length))).toBeLessThanOrEqual(60);
  });
});

describe('settingsFromFlags', () => {
  it('loads more at the start unless the number is given', () => {
    expect(settingsFromFlags(parseFlags([]), []).manager).toMatchObject({
      maxConcurrentLoads: 2,
      initialConcurrentLoads: 4,
    });
  });

  it('serves the samples only where no flag says what to serve', () => {
    expect(settingsFromFlags(parseFlags([]), []).serveSamples).toBe(true);
    // An empty config file asks for no model at all.
    expect(settingsFromFlags(parseFlags(['--model_config_file=empty.config']), []).serveSamples).toBe(false);
  });

  it('converts units and counts 0 threads as 1', () => {
    const flags = parseFlags([
      '--file_system_poll_wait_seconds=2.5',
      '--load_retry_interval_micros=1500000',
      '--num_load_threads=0',
      '--rest_api_allowed_hosts= box.local, ,models.test',
    ]);
    expect(settingsFromFlags(flags, [])).toMatchObject({
      rest: { allowedHosts: ['box.local', 'models.test'] },
      source: { pollIntervalMs: 2500 },
      manager: { loadRetryIntervalMs: 1500, maxConcurrentLoads: 1, initialConcurrentLoads: 1 },
    });
  });
});
