# limiterd and limiterctl: docker build -t limiterd .
# The compiler that the project is built and tested with.
ARG SWIFT_IMAGE=swift:6.3-bookworm
FROM ${SWIFT_IMAGE} AS build
RUN apt-get update \
  && apt-get install -y --no-install-recommends libhiredis-dev pkg-config \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN swift build -c release --static-swift-stdlib --product limiterd \
  && swift build -c release --static-swift-stdlib --product limiterctl \
  && install -D --strip -t /out "$(swift build -c release --show-bin-path)/limiterd" "$(swift build -c release --show-bin-path)/limiterctl"

FROM debian:bookworm-slim
# redis-server is for those that give limiterd no Redis: then it starts one of its own.
RUN apt-get update \
  && apt-get install -y --no-install-recommends ca-certificates libhiredis0.14 redis-server \
  && rm -rf /var/lib/apt/lists/* \
  && useradd --system --home-dir /var/lib/limiterd --create-home limiterd \
  && install -d -o limiterd -g limiterd /run/limiterd
COPY --from=build /out/ /usr/bin/
COPY docs/limiterd.example.yaml /etc/limiterd/limiterd.yaml
USER limiterd
# For limiterctl: docker exec CONTAINER limiterctl status
ENV LIMITERD_SOCKET=/run/limiterd/limiterd.sock
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s CMD ["limiterctl", "status"]
VOLUME ["/run/limiterd", "/var/lib/limiterd"]
# SIGTERM drains.
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/bin/limiterd"]
CMD ["serve", "--config", "/etc/limiterd/limiterd.yaml", "--socket", "/run/limiterd/limiterd.sock", "--state", "/var/lib/limiterd"]
