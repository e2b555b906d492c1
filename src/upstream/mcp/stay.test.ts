/** How long a parked call stays where nobody waits for its turn, and where somebody does. */
import { describe, expect, it } from 'vitest';
import { FakeTime } from '../../../test/fakes/time.ts';
import { Stay } from './stay.ts';

function house(parkedTimeoutMs = 300_000) {
  const time = new FakeTime();
  const at = { ends: 0 };
  const stay = new Stay({ time, bounds: { parkedTimeoutMs } }, () => (at.ends += 1));
  return { time, at, stay };
}

describe('a parked call', () => {
  it('stays for as long as the bound lets it where nobody waits', () => {
    const { time, at, stay } = house();
    stay.begin();
    time.pass(299_999);
    expect(at.ends).toBe(0);
    time.pass(1);
    expect(at.ends).toBe(1);
  });

  it('stays for a minute from when somebody begins to wait, however many follow', () => {
    const { time, at, stay } = house();
    stay.begin();
    time.pass(100_000);
    stay.press();
    time.pass(30_000);
    stay.press();
    time.pass(29_999);
    expect(at.ends).toBe(0);
    time.pass(1);
    expect(at.ends).toBe(1);
  });

  it('stays for a minute in each round where somebody has waited before', () => {
    const { time, at, stay } = house();
    stay.press();
    time.pass(90_000);
    for (let round = 0; round < 2; round += 1) {
      stay.begin();
      time.pass(59_999);
      stay.end();
    }
    time.pass(300_000);
    expect(at.ends).toBe(0);
    stay.begin();
    time.pass(60_000);
    expect(at.ends).toBe(1);
  });

  it('never stays longer for it than the bound lets it', () => {
    const { time, at, stay } = house(70_000);
    stay.begin();
    time.pass(50_000);
    stay.press();
    time.pass(20_000);
    expect(at.ends).toBe(1);
  });

  it('is not ended by those who wait while it works', () => {
    const { time, at, stay } = house();
    stay.begin();
    stay.end();
    stay.press();
    time.pass(300_000);
    expect(at.ends).toBe(0);
  });
});
