/** The hasher of each tenant, ready before its first request is split. */
import { derivedSalt, type HashValue, hasher, persistedSalt } from './salt.ts';

export interface TenantHashes {
  /** Resolves when `hashOf` knows the tenant; rejects when its salt cannot be read, made or used. */
  prepare(tenant: string): Promise<void>;
  /** Throws where the tenant was not prepared. */
  hashOf(tenant: string): HashValue;
}

export interface SaltSource {
  /** Derives every salt, so that several ingests hash alike; '': salts are kept in `ATI_DATA_DIR`. */
  readonly ATI_SALT: string;
  readonly ATI_DATA_DIR: string;
}

export function tenantHashes({ ATI_SALT, ATI_DATA_DIR }: SaltSource): TenantHashes {
  const known = new Map<string, HashValue>();
  return {
    async prepare(tenant) {
      if (known.has(tenant)) return;
      const salt =
        ATI_SALT === '' ? await persistedSalt(ATI_DATA_DIR, tenant) : derivedSalt(ATI_SALT, tenant);
      known.set(tenant, hasher(salt));
    },
    hashOf(tenant) {
      const hash = known.get(tenant);
      if (hash === undefined) throw new Error(`the tenant ${tenant} was not prepared`);
      return hash;
    },
  };
}
