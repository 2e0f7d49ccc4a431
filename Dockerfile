# Two images: `docker build .` answers over HTTP, `docker build --target full .` trains, scores files and answers.
FROM python:3.13.11-slim-trixie@sha256:2b9c9803c6a287cafa0a8c917211dddd23dcd2016f049690ee5219f5d3f1636e AS python
ENV PATH=/opt/predictor/bin:$PATH PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1

FROM python AS build-serve
WORKDIR /build
COPY constraints.txt pyproject.toml README.md LICENSE ./
COPY src src
COPY api api
ENV PIP_CONSTRAINT=/build/constraints.txt
RUN python -m venv /opt/predictor \
  && /opt/predictor/bin/pip install '.[serve,postgres]' \
  && /opt/predictor/bin/python -m compileall -q /opt/predictor

FROM build-serve AS build-full
RUN /opt/predictor/bin/pip install '.[full,postgres,excel]' && /opt/predictor/bin/python -m compileall -q /opt/predictor

FROM python AS runtime
RUN useradd --system --uid 10001 --user-group --home-dir /firm predictor && install --directory --owner=predictor /firm /mlflow /models
WORKDIR /firm
USER 10001:10001
EXPOSE 8000
ENTRYPOINT ["predictor"]

FROM runtime AS full
USER 0
# hadolint ignore=DL3008
RUN apt-get update && apt-get install --yes --no-install-recommends libgomp1 && rm -rf /var/lib/apt/lists/*
USER 10001:10001
COPY --from=build-full /opt/predictor /opt/predictor
ENV HOME=/tmp
CMD ["--help"]

FROM runtime AS serve
COPY --from=build-serve /opt/predictor /opt/predictor
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/health/ready', timeout=2)"]
CMD ["serve", "--model", "/models", "--host", "0.0.0.0"]
