/** For tests: tokens that say what they are, `Bearer TENANT SCOPE,…`. */
import type { Access, Scope } from '#infra/access/access.ts';

export const token = (tenant: string, ...scopes: Scope[]) => ({
  authorization: `Bearer ${tenant} ${scopes.join(',')}`,
});

export const TOKENS: Access = {
  required: true,
  authenticate(authorization) {
    const [, tenant, scopes] = /^Bearer (\w+) ([\w,]+)$/.exec(authorization ?? '') ?? [];
    if (tenant === undefined) return { ok: false, reason: 'a token is needed' };
    return {
      ok: true,
      principal: { name: `${tenant}'s`, tenant, scopes: new Set(scopes.split(',') as Scope[]) },
    };
  },
};
