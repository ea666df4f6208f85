# Two images of one environment, exactly as requirements.lock says.
#   docker build --target dagster   -t REGISTRY/dagster:VERSION .      Dagster's UI, daemon and code server (Cloud Run)
#   docker build --target pipelines --build-arg PROJECT=PROJECT -t REGISTRY/pipelines:VERSION .
#                                                                      the Beam pipelines, launcher and workers (Dataflow)
ARG PYTHON=3.11
ARG BEAM=2.77.0

FROM python:${PYTHON}-slim AS environment
WORKDIR /opt/sluice
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PATH=/opt/sluice/.venv/bin:$PATH
COPY requirements.lock ./
RUN python -m venv .venv \
 && pip install --no-cache-dir "uv==$(sed -n 's/^uv==\([^ ]*\).*/\1/p' requirements.lock)" \
 && uv pip install --no-cache --compile-bytecode --require-hashes -r requirements.lock
COPY contracts/ contracts/

FROM environment AS dagster
COPY beam_pipelines/ beam_pipelines/
COPY dbt/ dbt/
COPY orchestration/ orchestration/
# dbt's manifest is made here, once, and not by each instance that starts; parsing asks nothing of BigQuery.
RUN GOOGLE_CLOUD_PROJECT=build dbt parse --quiet --project-dir dbt --profiles-dir dbt \
 && mkdir dagster && cp orchestration/dagster.cloud.yaml dagster/dagster.yaml \
 && useradd --uid 10001 sluice && chown -R sluice dagster dbt
ENV DAGSTER_HOME=/opt/sluice/dagster DBT_LOG_PATH=/tmp/dbt GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT=false
USER 10001
EXPOSE 3000 4000
CMD ["dagster-webserver", "--host", "0.0.0.0", "--port", "3000", "--workspace", "orchestration/workspace.yaml"]

FROM gcr.io/dataflow-templates-base/python311-template-launcher-base AS launcher
FROM apache/beam_python3.11_sdk:${BEAM} AS sdk

# Dataflow starts the launcher in this image, and then its workers from the same one, so both have the same code.
# Workers get no variables from a job, so the image says whose project it works in; the registry is that project's, too.
FROM environment AS pipelines
ARG PROJECT
ARG DATASET_PREFIX=""
RUN test -n "${PROJECT}" || { echo "Say --build-arg PROJECT=<project id>." >&2; exit 1; }
ENV GOOGLE_CLOUD_PROJECT=${PROJECT} SLUICE_DATASET_PREFIX=${DATASET_PREFIX}
COPY beam_pipelines/ beam_pipelines/
COPY --from=launcher /opt/google/dataflow/python_template_launcher /opt/google/dataflow/python_template_launcher
COPY --from=sdk /opt/apache/beam /opt/apache/beam
ENV PYTHONPATH=/opt/sluice FLEX_TEMPLATE_PYTHON_PY_FILE=/opt/sluice/beam_pipelines/launch.py
ENTRYPOINT ["/opt/apache/beam/boot"]
