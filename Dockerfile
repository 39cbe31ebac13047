FROM python:3.11-slim AS build
COPY requirements.lock pyproject.toml README.md /src/
COPY worker /src/worker
RUN python -m venv /opt/calsync \
    && /opt/calsync/bin/pip install --no-cache-dir --require-hashes --only-binary :all: -r /src/requirements.lock \
    && cp -r /src/worker "$(/opt/calsync/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/worker"

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /data calsync && mkdir /data && chown calsync /data
COPY --from=build /opt/calsync /opt/calsync
ENV PATH=/opt/calsync/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 \
    CALSYNC_CONFIG=/data/config.toml CALSYNC_SERVER__LISTEN=0.0.0.0:8080
USER 10001
WORKDIR /data
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=60s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/healthz', timeout=4)"]
ENTRYPOINT ["python", "-m", "worker"]
CMD ["run"]
