import type { FastifyRequest } from 'fastify';

/** Whose telemetry a request brings. One tenant, until bearer tokens name others. */
export function tenantOf(_request: FastifyRequest): string {
  return DEFAULT_TENANT;
}

export const DEFAULT_TENANT = 'default';
