#!/usr/bin/env -S tare build -f
# syntax=docker/dockerfile:1
# escape=\
# check=skip=none

# BASE is the image that everything starts from.
ARG BASE=debian:bookworm
ARG VERSION=1.0 TARGET

# build compiles.
FROM --platform=$BUILDPLATFORM ${BASE} AS build
MAINTAINER A. Nother <a@example.org>
ARG VERSION
ARG JOBS=4 FLAGS="-O2 -g"
ENV PATH=/opt/bin:$PATH LANG=C.UTF-8
ENV LEGACY a value
LABEL org.example.version="$VERSION" org.example.stage=build
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
WORKDIR /src
USER root
ADD https://example.org/source-${VERSION}.tar.gz /src/
ADD --checksum=sha256:00 --unpack archive.tar /opt
ADD --keep-git-dir https://example.org/repository.git#v1 /git
COPY . .
COPY --chown=1000:1000 --chmod=0644 *.conf /etc/
COPY --link --parents --exclude=*.md ./lib/ /usr/
COPY ["with space", "/to/"]
COPY <<settings.ini <<-'raw.ini' /etc/app/
version=$VERSION
settings.ini
	raw=$VERSION
	raw.ini
RUN apt-get update \
    # the compiler

    && apt-get install -y gcc
RUN ["/bin/true"]
RUN <<EOF
set -e
make -j $JOBS
EOF
RUN <<SCRIPT
#!/usr/bin/env python3
print("built")
SCRIPT
RUN cat <<A >/a && cat <<B >/b
a
A
b
B
RUN --mount=type=cache,target=/root/.cache --mount=type=bind,from=build,source=/src,target=/mnt make install
RUN --mount=type=secret,id=token,env=TOKEN --mount=type=ssh --mount=type=tmpfs,target=/tmp,size=1g true
RUN --network=none --security=sandbox --device=example.org/gpu=0 true

from scratch as Final
copy --from=build /opt /opt
Env A=1
expose 80 443/tcp 8000-8010/udp
VOLUME ["/data"]
VOLUME /logs /cache
STOPSIGNAL SIGQUIT
HEALTHCHECK --interval=30s --timeout=5s --start-period=1m --start-interval=1s --retries=5 CMD ["/check"]
ONBUILD COPY . /app
ONBUILD RUN make
ENTRYPOINT ["/opt/bin/app"]
CMD ["--serve"]
