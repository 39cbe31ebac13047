# The builder has pip and a cache; the image has neither.
ARG BASE=python:3.11-slim

FROM ${BASE} AS build
ARG SOURCE_DATE_EPOCH=0
COPY requirements.lock /src/
RUN python -m venv --without-pip /opt/calsync \
    && python -m pip --python /opt/calsync/bin/python install --no-cache-dir --no-compile \
        --disable-pip-version-check --require-hashes --only-binary :all: -r /src/requirements.lock
COPY pyproject.toml README.md CHANGELOG.md /src/
COPY worker /src/worker
# The package goes beside its dependencies, with the command that its metadata promises.
RUN site="$(/opt/calsync/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')" \
    && cp -r /src/worker "$site/worker" \
    && printf '%s\n' '#!/opt/calsync/bin/python' 'from worker.__main__ import main' 'main()' \
        > /opt/calsync/bin/calsync \
    && chmod 0755 /opt/calsync/bin/calsync \
    && /opt/calsync/bin/python -m compileall -q "$site" \
    && chmod -R a+rX,go-w /opt/calsync

FROM ${BASE}
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="calsync" \
    org.opencontainers.image.description="Finds double bookings across booking systems, and keeps calendars in step." \
    org.opencontainers.image.version="${VERSION}"
RUN groupadd --system --gid 10001 calsync \
    && useradd --system --uid 10001 --gid 10001 --home-dir /data --no-create-home calsync \
    && install -d -o 10001 -g 10001 -m 0700 /data
COPY --from=build /opt/calsync /opt/calsync
ENV PATH=/opt/calsync/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PYTHONSAFEPATH=1 \
    CALSYNC_CONFIG=/data/config.toml \
    CALSYNC_SERVER__LISTEN=0.0.0.0:8080
# A number, so that an orchestrator can tell that it is not root.
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=60s --timeout=10s --start-period=30s --retries=3 \
    CMD ["calsync", "healthcheck"]
ENTRYPOINT ["calsync"]
CMD ["run"]
