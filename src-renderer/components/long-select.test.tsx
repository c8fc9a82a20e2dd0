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
