import { describe, expect, it } from 'vitest';
import { createSessionBus, type ProgramResult, type SessionBus } from './session-bus.ts';
import { isTrayShown } from './tray-host.ts';

/** A bus that answers as recorded, by the last argument of the call. */
const busOf = (answers: Readonly<Record<string, string>>): SessionBus => ({
  call: async ({ args }) => answers[args.at(-1) ?? ''],
});

describe('isTrayShown', () => {
  // Recorded from a session bus, as GLib's and systemd's programs print it.
  const gdbus = {
    IsStatusNotifierHostRegistered: '(<true>,)\n',
    RegisteredStatusNotifierItems: "(<[':1.0/StatusNotifierItem', 'org.gone/x']>,)\n",
    ':1.0': '(uint32 4242,)\n',
  };
  const busctl = {
    IsStatusNotifierHostRegistered: 'v b true\n',
    RegisteredStatusNotifierItems: 'v as 1 ":1.0@/StatusNotifierItem"\n',
    ':1.0': 'u 4242\n',
  };
  it.each([
    { when: 'GLib tells of our icon', answers: gdbus, shown: true },
    { when: 'systemd tells of our icon', answers: busctl, shown: true },
    { when: 'the icons are of others', answers: { ...gdbus, ':1.0': '(uint32 4243,)' }, shown: false },
    { when: 'our icon was refused', answers: { ...gdbus, RegisteredStatusNotifierItems: '(<@as []>,)' }, shown: false },
    { when: 'nothing shows icons', answers: { ...gdbus, IsStatusNotifierHostRegistered: '(<false>,)' }, shown: false },
    { when: 'nobody answers', answers: {}, shown: false },
  ])('$when: $shown', async ({ answers, shown }) => {
    await expect(isTrayShown(busOf(answers), 4242)).resolves.toBe(shown);
  });
});

describe('createSessionBus', () => {
  const call = { destination: 'org.a', path: '/a', method: 'org.a.I.Get', args: ['x', 'y'] };
  function busWith(results: Readonly<Record<string, ProgramResult>>) {
    const ran: string[] = [];
    const bus = createSessionBus(async (program, args) => {
      ran.push([program, ...args].join(' '));
      return results[program] ?? { kind: 'absent' };
    });
    return { bus, ran };
  }

  it('asks by GLib', async () => {
    const { bus, ran } = busWith({ gdbus: { kind: 'ok', output: '(1,)' } });
    await expect(bus.call(call)).resolves.toBe('(1,)');
    expect(ran).toEqual(['gdbus call --session --timeout 2 --dest org.a --object-path /a --method org.a.I.Get x y']);
  });

  it('asks by systemd where there is no GLib', async () => {
    const { bus, ran } = busWith({ busctl: { kind: 'ok', output: 'u 1' } });
    await expect(bus.call(call)).resolves.toBe('u 1');
    expect(ran.at(-1)).toBe('busctl --user --timeout=2 call org.a /a org.a.I Get ss x y');
  });

  it('has no answer where the call fails, or neither is there', async () => {
    const failing = busWith({ gdbus: { kind: 'failed' } });
    await expect(failing.bus.call(call)).resolves.toBeUndefined();
    expect(failing.ran).toHaveLength(1);
    await expect(busWith({}).bus.call(call)).resolves.toBeUndefined();
  });
});
