import { cleanup, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Select } from './select.tsx';

beforeEach(() => {
  // What is in view is in the page, and without a layout nothing would be.
  vi.spyOn(HTMLElement.prototype, 'clientHeight', 'get').mockReturnValue(600);
  vi.spyOn(HTMLElement.prototype, 'clientWidth', 'get').mockReturnValue(300);
});
afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

const options = Array.from({ length: 200 }, (_, index) => ({ key: `m${index}`, label: `model ${index}` }));

describe('a choice of very many', () => {
  it('is searched and chosen by keyboard, and gives the focus back', async () => {
    const chosen: string[] = [];
    render(<Select label="Model" options={options} selected="m3" onSelect={(key) => chosen.push(key)} />);
    const button = screen.getByRole('button', { name: 'model 3 Model' });
    button.focus();
    await userEvent.keyboard('{Enter}');
    await userEvent.type(screen.getByRole('combobox'), 'L 17');
    const found = screen.getAllByRole('option').map((option) => option.textContent);
    expect(found).toEqual(['model 17', ...Array.from({ length: 10 }, (_, index) => `model 17${index}`)]);
    await userEvent.keyboard('{ArrowDown}{Enter}');
    expect(chosen).toEqual(['m170']);
    expect(screen.queryByRole('option')).toBeNull();
    expect(document.activeElement).toBe(button);
  });

  it('says that nothing matches', async () => {
    render(
      <Select label="Model" options={options} selected={undefined} placeholder="Choose…" onSelect={() => undefined} />,
    );
    await userEvent.click(screen.getByRole('button', { name: 'Choose… Model' }));
    await userEvent.type(screen.getByRole('combobox'), 'xyz');
    expect(screen.getByText('Nothing matches “xyz”.')).toBeDefined();
  });
});

describe('a choice of a few', () => {
  const few = [
    { key: 'off', label: 'Off' },
    { key: 'never', label: 'Never', disabled: true },
    { key: 'on', label: 'On', note: 'For all models.' },
  ] as const;
  const shown = () => {
    const chosen: string[] = [];
    render(<Select label="Mode" options={few} selected="off" onSelect={(key) => chosen.push(key)} />);
    return { chosen, button: screen.getByRole<HTMLButtonElement>('button', { name: 'Off Mode' }) };
  };

  it('opens at what is chosen, takes another by keyboard and gives the focus back', async () => {
    const { chosen, button } = shown();
    button.focus();
    await userEvent.keyboard('{ArrowDown}');
    expect(document.activeElement).toBe(screen.getByRole('option', { name: 'Off', selected: true }));
    await userEvent.keyboard('{ArrowDown}{Enter}');
    expect(chosen).toEqual(['on']);
    expect(screen.queryByRole('listbox')).toBeNull();
    expect(document.activeElement).toBe(button);
  });

  it.each(['{Enter}', '{Escape}'])('leaves it at what is chosen by %s', async (key) => {
    const { chosen, button } = shown();
    await userEvent.click(button);
    await userEvent.keyboard(key);
    expect(chosen).toEqual([]);
    expect(screen.queryByRole('listbox')).toBeNull();
    expect(document.activeElement).toBe(button);
  });

  it('chooses while it is closed, and keeps those keys from the window', async () => {
    const { chosen, button } = shown();
    const heard = vi.fn<(event: KeyboardEvent) => void>();
    document.addEventListener('keydown', heard);
    button.focus();
    await userEvent.keyboard('{ArrowRight}o');
    expect(chosen).toEqual(['on', 'on']);
    expect(heard).not.toHaveBeenCalled();
    await userEvent.keyboard('x{F6}');
    expect(heard).toHaveBeenCalledTimes(2);
    document.removeEventListener('keydown', heard);
  });

  it('opens by Alt with an arrow, and keeps an arrow that chooses nothing', async () => {
    const { chosen, button } = shown();
    const heard = vi.fn<(event: KeyboardEvent) => void>();
    document.addEventListener('keydown', heard);
    button.focus();
    await userEvent.keyboard('{ArrowLeft}');
    expect([chosen, heard.mock.calls]).toEqual([[], []]);
    document.removeEventListener('keydown', heard);
    await userEvent.keyboard('{Alt>}{ArrowDown}{/Alt}');
    expect(screen.getByRole('listbox')).toBeDefined();
  });

  it('is focused by its label', async () => {
    const { button } = shown();
    await userEvent.click(screen.getByText('Mode'));
    expect(document.activeElement).toBe(button);
  });
});
