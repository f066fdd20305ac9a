# One image for every role: `docker run sluice api`, `worker --providers openai`, `dispatcher`, `simulator`.
FROM node:24-bookworm-slim AS build
WORKDIR /app
ENV CI=true
COPY package.json pnpm-lock.yaml pnpm-workspace.yaml ./
COPY apps apps
COPY packages packages
# The sources run as they are; only the dependencies of the apps are installed, without the tools of the workspace.
RUN npx --yes pnpm@10.34.9 install --prod --frozen-lockfile --filter '@sluice/cli...'

FROM node:24-bookworm-slim
WORKDIR /app
ENV NODE_ENV=production HOST=0.0.0.0
COPY --from=build --chown=root:root /app /app
COPY LICENSE ./
# Files of batches; API and dispatcher share it, all else is in Redis and nothing else is writable.
RUN install -d -o node -g node /app/.sluice/files
VOLUME /app/.sluice/files
USER node
EXPOSE 8420
ENTRYPOINT ["node", "apps/cli/src/main.ts"]
CMD ["api"]
