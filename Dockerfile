FROM python:3.13-slim-trixie AS build
COPY --from=ghcr.io/astral-sh/uv:0.13.9 /uv /usr/local/bin/
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_NO_CACHE=1 UV_PYTHON_DOWNLOADS=never \
    VIRTUAL_ENV=/opt/venv PATH=/opt/venv/bin:$PATH
WORKDIR /app
COPY requirements.txt ./
RUN uv venv "$VIRTUAL_ENV" && uv pip sync --require-hashes requirements.txt
# .dockerignore lists what the app consists of.
COPY . .
# Settings want these three; nothing here uses them, and they end with this line.
RUN DATABASE_URL=postgres://unused SECRET_KEY=unused ALLOWED_HOSTS=unused \
    python manage.py collectstatic --no-input

FROM python:3.13-slim-trixie
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin cairn
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1
WORKDIR /app
# Both belong to root: the app cannot change its own code.
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app ./
USER 10001
EXPOSE 8000
CMD ["deploy/start"]
