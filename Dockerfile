FROM python:3.13-slim-trixie AS build
COPY --from=ghcr.io/astral-sh/uv:0.13.9 /uv /usr/local/bin/
ENV UV_LINK_MODE=copy UV_NO_CACHE=1 UV_PYTHON_DOWNLOADS=never \
    VIRTUAL_ENV=/opt/venv PATH=/opt/venv/bin:$PATH
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
# hadolint ignore=DL3008
RUN apt-get update && apt-get install --yes --no-install-recommends binutils
WORKDIR /app
ARG TELEMETRY=
COPY requirements.txt requirements-telemetry.txt ./
# Remove the packages' tests, and symbols for debuggers. `strip` would break the patched
# libraries in *.libs.
RUN uv venv "$VIRTUAL_ENV" \
    && uv pip sync --require-hashes "requirements${TELEMETRY:+-telemetry}.txt" \
    && packages=$(python -c 'import sysconfig; print(sysconfig.get_path("purelib"))') \
    && find "$packages" -name tests -type d -prune -exec rm -r {} + \
    && find "$packages" -name '*.so' ! -path '*.libs/*' -exec strip --strip-unneeded {} +
# .dockerignore lists the files of the app.
COPY . .
# The settings require these three variables; nothing uses their values, and they do not
# stay in the image. Remove the packages' translations into languages that the site does
# not offer. The last command stores the bytecode of all modules that a process imports,
# at its start or later.
RUN rm requirements*.txt \
    && export DATABASE_URL=postgres://unused/unused SITE_URL=https://unused \
    && SECRET_KEY=$(python -c 'import secrets; print(secrets.token_hex())') \
    && export SECRET_KEY \
    && python manage.py collectstatic --no-input \
    && find "$VIRTUAL_ENV" -path '*/static/*' -type f -delete \
    && locales=$(python -c 'from config.settings import LANGUAGES; \
        from django.utils.translation import to_locale; \
        codes = [code for code, _ in LANGUAGES]; \
        print(*map(to_locale, codes), *[code.split("-")[0] for code in codes], sep="|")') \
    && find "$VIRTUAL_ENV" -regextype egrep -regex '.*/locale/.*\.[mp]o' \
        ! -regex ".*/locale/($locales)/.*\.mo" -delete \
    && python -c 'from config.wsgi import application; import core.cache, config.urls; \
        import data_export.collector, editing.admin.import_export_pages'

FROM python:3.13-slim-trixie
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /app
# Both belong to root: the app cannot change its own code.
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app ./
# A user without a home, a shell or an entry in /etc/passwd.
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=5s --timeout=5s --start-period=60s \
    CMD ["python", "deploy/healthy"]
CMD ["deploy/start"]
