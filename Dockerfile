# Icefloe in a container; docs/hosting.md says how to run it.
# The version is whole, and the same in both stages. A registry may still put another image under it:
# docs/hosting.md says how to name one by its digest.
ARG PYTHON=python:3.12.11-slim-bookworm
FROM ${PYTHON} AS build
RUN python -m venv /opt/icefloe
WORKDIR /source
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY src src
RUN /opt/icefloe/bin/pip install --no-cache-dir --constraint constraints.txt '.[tls]'
COPY packaging/healthcheck.py /opt/icefloe/

FROM ${PYTHON}
# The number stays the same, so that a volume keeps its owner from one image to the next.
RUN useradd --uid 10001 --home-dir /data --no-create-home icefloe \
    && install --directory --owner icefloe --group icefloe --mode 0700 /data
COPY --from=build /opt/icefloe /opt/icefloe
# All that is kept is below /data/icefloe: the database, the secret, the certificate authority.
ENV PATH=/opt/icefloe/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    XDG_DATA_HOME=/data \
    ICEFLOE_HOST=0.0.0.0 \
    ICEFLOE_LOG_FORMAT=json
USER 10001
WORKDIR /data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=5s --timeout=5s --start-period=30s CMD ["python", "/opt/icefloe/healthcheck.py"]
ENTRYPOINT ["icefloe"]
CMD ["serve"]
