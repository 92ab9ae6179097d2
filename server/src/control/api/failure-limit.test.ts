// The limiter's arithmetic and its memory; the names and addresses that count as this machine.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { addressKey, FAILURE_SPAN_MS, FailureLimit, MAX_ADDRESSES, MAX_FAILURES } from './failure-limit.ts';
import { hostName } from './locality.ts';

describe('the failure limit', () => {
  it('refuses after so many failures and forgives after the span', () => {
    let now = 0;
    const limit = new FailureLimit(() => now);
    for (let i = 0; i < MAX_FAILURES; i++) {
      assert.equal(limit.retryAfter('1.2.3.4'), 0);
      limit.fail('1.2.3.4');
    }
    assert.equal(limit.retryAfter('1.2.3.4'), FAILURE_SPAN_MS / 1000);
    assert.equal(limit.retryAfter('1.2.3.5'), 0);
    now = FAILURE_SPAN_MS;
    assert.equal(limit.retryAfter('1.2.3.4'), 0);
  });

  it('remembers a bounded number of addresses', () => {
    const limit = new FailureLimit(() => 0);
    for (let i = 0; i <= MAX_ADDRESSES; i++) limit.fail(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`);
    assert.equal(limit.size, MAX_ADDRESSES);
  });

  it('counts an IPv6 network as one address, and IPv4 in IPv6 as IPv4', () => {
    assert.equal(addressKey('::ffff:1.2.3.4'), '1.2.3.4');
    assert.equal(addressKey('2001:db8:1:2:3:4:5:6'), addressKey('2001:DB8:1:2::1'));
    assert.notEqual(addressKey('2001:db8:1:2::1'), addressKey('2001:db8:1:3::1'));
    assert.equal(addressKey('fe80::1%eth0'), addressKey('fe80::2'));
    assert.equal(addressKey('::1'), '0:0:0:0::/64');
  });
});

describe('host names', () => {
  const cases: readonly (readonly [string | undefined, string | undefined])[] = [
    ['localhost:8080', 'localhost'],
    ['[::1]:80', '[::1]'],
    ['EXAMPLE.org', 'example.org'],
    [undefined, undefined],
    ['', undefined],
    ['a/b', undefined],
    ['user@host', undefined],
    ['host:port', undefined],
  ];
  for (const [host, name] of cases) it(`of ${host} is ${name}`, () => assert.equal(hostName(host), name));
});
