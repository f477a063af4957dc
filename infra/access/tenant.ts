/** A tenant's name: it stands in file names, Kafka keys and rows, so it is plain and short. */
export const TENANT_NAME = /^[a-z0-9][a-z0-9_-]{0,62}$/;

export const TENANT_RULE = 'must be a-z, 0-9, _ and -, beginning with a letter or digit, at most 63';
