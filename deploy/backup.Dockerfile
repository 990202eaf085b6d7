# PostgreSQL with what backups need, for the services of docker-compose.yml. The scripts
# in deploy/ are mounted.
FROM postgres:18-trixie
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends age ca-certificates rclone \
    && rm -r /var/lib/apt/lists/*
