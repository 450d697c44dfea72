# One binary without a compiler: the first stage builds, the second runs.
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags=-s -o /careline ./cmd/careline

FROM debian:bookworm-slim
# psql, pg_dump and pg_restore serve `careline db psql|backup|restore`.
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates tzdata postgresql-client \
    && rm -rf /var/lib/apt/lists/* && useradd --system --home-dir /data careline && install -d -o careline /data
COPY --from=build /careline /usr/local/bin/careline
USER careline
ENV CARELINE_HOME=/data CARELINE_ADDR=0.0.0.0:8080 CARELINE_METRICS=
VOLUME /data
EXPOSE 8080
ENTRYPOINT ["careline"]
CMD ["serve"]
