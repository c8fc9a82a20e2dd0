import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, expect, it, vi } from 'vitest';
import { Button } from './button.tsx';

afterEach(cleanup);

it('takes the key that is held down for one press', () => {
  render(<Button>Unload</Button>);
  const button = screen.getByRole('button');
  // fireEvent tells whether the browser would go on to a click.
  expect(fireEvent.keyDown(button, { key: 'Enter' })).toBe(true);
  expect(fireEvent.keyDown(button, { key: 'Enter', repeat: true })).toBe(false);
  expect(fireEvent.keyDown(button, { key: 'Tab', repeat: true })).toBe(true);
});

it('keeps the focus when it is switched off, and does nothing more', () => {
  const onClick = vi.fn<() => void>();
  const { rerender } = render(<Button onClick={onClick}>Send</Button>);
  const button = screen.getByRole<HTMLButtonElement>('button');
  button.focus();
  rerender(
    <Button disabled onClick={onClick}>
      Send
    </Button>,
  );
  expect([button.disabled, button.getAttribute('aria-disabled')]).toEqual([false, 'true']);
  fireEvent.click(button);
  expect(onClick).not.toHaveBeenCalled();
  fireEvent.blur(button);
  expect(button.disabled).toBe(true);
});
