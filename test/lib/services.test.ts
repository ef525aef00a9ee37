import { expect, test } from 'vitest';
import { ServiceKey, Services } from '../../host/lib/services.ts';

const NUMBER = new ServiceKey<number>('number');

test('a service is found under its key, the last one registered', () => {
  const services = new Services();
  services.set(NUMBER, 1);
  services.set(NUMBER, 2);
  expect(services.get(NUMBER)).toBe(2);
});

test('keys of the same name are not the same', () => {
  const services = new Services();
  services.set(NUMBER, 1);
  expect(() => services.get(new ServiceKey<number>('number'))).toThrow();
});

test('a service that is missing is a bug that names it', () => {
  expect(() => new Services().get(NUMBER)).toThrow('service number is not registered');
});
