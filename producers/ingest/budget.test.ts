import { expect, test } from 'vitest';
import { ByteBudget } from './budget.ts';

test('a client over its share is told 429, all clients over the total 503, both with Retry-After', () => {
  const budget = new ByteBudget(100, 60);
  const first = budget.reservation('a');
  expect(first.resize(60)).toBeUndefined();
  expect(budget.reservation('a').resize(1)).toMatchObject({ status: 429, retryAfter: 1 });
  expect(budget.reservation('b').resize(40)).toBeUndefined();
  expect(budget.reservation('c').resize(1)).toMatchObject({ status: 503, retryAfter: 1 });
  expect(budget.inFlight).toBe(100);
});

test('exactly the bound fits, one byte more does not', () => {
  const budget = new ByteBudget(100, 100);
  const reservation = budget.reservation('a');
  expect(reservation.resize(100)).toBeUndefined();
  expect(reservation.resize(101)).toMatchObject({ status: 503 });
  expect(budget.inFlight).toBe(100);
});

test('a resize replaces what was held, and a release gives back all of it, once', () => {
  const budget = new ByteBudget(100, 100);
  const reservation = budget.reservation('a');
  reservation.resize(80);
  reservation.resize(30);
  expect(budget.inFlight).toBe(30);
  reservation.release();
  reservation.release();
  expect(budget.inFlight).toBe(0);
  expect(budget.reservation('a').resize(100)).toBeUndefined();
});

test('one may always hold less, also when the budget is full', () => {
  const budget = new ByteBudget(100, 100);
  const reservation = budget.reservation('a');
  reservation.resize(100);
  expect(reservation.resize(99)).toBeUndefined();
});
