# The server, the worker and every command: what is said after the image's name is said to `invoicing`.
#
#   docker build -t invoicing .
#   docker run --name invoicing -p 8000:8000 -v invoicing:/data invoicing   # with SQLite, in the volume
#   docker exec invoicing invoicing account create "My shop" --country NL
#   docker exec invoicing invoicing key create --name "Back office"
#   docker run --rm --env-file FILE invoicing migrate                # with PostgreSQL, once for each version
#
# deploy/compose.yaml has several servers, PostgreSQL and object storage. It was written where no container engine
# runs: linters have read it and its steps were done by hand in a new environment, but nobody has built it there.
#
# Both images can be held to their digests: --build-arg PYTHON_IMAGE=python:3.11-slim-bookworm@sha256:…
#
# requirements-prod.lock is the part of requirements.lock that runs (and installs) the server:
#   printf 'hatchling\neditables\n' | uv pip compile pyproject.toml - --extra s3 -c requirements.lock --universal \
#     --generate-hashes --no-emit-index-url --no-header --no-annotate -o requirements-prod.lock
ARG NODE_IMAGE=node:22-bookworm-slim
ARG PYTHON_IMAGE=python:3.11-slim-bookworm

FROM ${NODE_IMAGE} AS graphiql
WORKDIR /graphiql
COPY graphiql/package.json graphiql/package-lock.json ./
RUN npm ci --no-audit --no-fund --ignore-scripts
COPY graphiql .
RUN npm run build

FROM ${PYTHON_IMAGE} AS installed
WORKDIR /source
# An environment without pip, as nothing is installed later. pip compiles what it installs.
RUN python -m venv --without-pip /opt/invoicing
COPY requirements-prod.lock .
RUN pip --python /opt/invoicing/bin/python install --no-cache-dir --require-hashes -r requirements-prod.lock
COPY . .
RUN pip --python /opt/invoicing/bin/python install --no-cache-dir --no-deps --no-build-isolation .
COPY --from=graphiql /graphiql/dist /opt/invoicing/lib/python3.11/site-packages/graphiql/dist

FROM ${PYTHON_IMAGE}
# Fonts for names in any script. Debian's own versions: the image is built again for its security updates.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends fonts-noto-core fonts-noto-cjk \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin invoicing \
    && install -d -o invoicing -g invoicing -m 0700 /data
COPY --from=installed /opt/invoicing /opt/invoicing
COPY deploy/healthcheck.py /opt/invoicing/healthcheck.py
ENV PATH=/opt/invoicing/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    INVOICING_DATA_DIR=/data \
    INVOICING_FONT_DIR=/usr/share/fonts
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["python", "/opt/invoicing/healthcheck.py"]
ENTRYPOINT ["invoicing"]
CMD ["serve", "--host", "0.0.0.0", "--no-demo"]
