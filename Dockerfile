# One image for every ATI process; the command chooses which (see docker-compose.yml).
FROM node:24.21.0-bookworm-slim
WORKDIR /app
ENV NODE_ENV=production
COPY package.json package-lock.json .npmrc ./
# With a real ClickHouse the embedded engine (an optional dependency of 500 MB) is not needed.
RUN npm ci --omit=dev --omit=optional
COPY schemas schemas
COPY infra infra
COPY producers producers
COPY processors processors
COPY sinks sinks
RUN mkdir -p /data && chown node:node /data
USER node
ENV ATI_DATA_DIR=/data
