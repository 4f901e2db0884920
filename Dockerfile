# For production, with PostgreSQL or a volume for SQLite. Untested: it was written where no Docker engine runs.
#   docker build -t invoicing . && docker run --name invoicing -p 8000:8000 -v invoicing:/data invoicing
#   docker exec invoicing invoicing key create --name "Back office"
#
# requirements-prod.lock is the part of requirements.lock that runs (and installs) the server:
#   printf 'hatchling\neditables\n' | uv pip compile pyproject.toml - --extra s3 -c requirements.lock --universal \
#     --generate-hashes --no-emit-index-url --no-header --no-annotate -o requirements-prod.lock

FROM node:22-slim AS graphiql
WORKDIR /graphiql
COPY graphiql/package.json graphiql/package-lock.json ./
RUN npm ci --no-audit --no-fund --ignore-scripts
COPY graphiql .
RUN npm run build

FROM python:3.11-slim
ENV PYTHONUNBUFFERED=1 INVOICING_DATA_DIR=/data INVOICING_FONT_DIR=/usr/share/fonts
RUN apt-get update \
    && apt-get install --yes --no-install-recommends fonts-noto-core fonts-noto-cjk \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY requirements-prod.lock .
RUN pip install --no-cache-dir --require-hashes -r requirements-prod.lock
COPY . .
COPY --from=graphiql /graphiql/dist graphiql/dist
RUN pip install --no-cache-dir --no-deps --no-build-isolation -e . \
    && useradd --system invoicing \
    && install -d -o invoicing /data
USER invoicing
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["invoicing", "serve", "--host", "0.0.0.0", "--no-demo"]
