# syntax=docker/dockerfile:1

FROM rust:1.95-bookworm AS builder
WORKDIR /build

# The dependencies first, against empty sources: their layer is built anew only when the manifests
# change, not with every change of the program.
COPY Cargo.toml Cargo.lock ./
COPY .cargo .cargo
RUN mkdir -p src benches/load \
    && echo 'fn main() {}' | tee src/main.rs benches/load/main.rs > benches/access.rs \
    && touch src/lib.rs \
    && cargo build --release --locked \
    && rm -rf src benches

COPY . .
# Cargo goes by modification times, and those of the copied files are older than the empty ones.
RUN find src -name '*.rs' -exec touch {} + \
    && cargo build --release --locked \
    && mkdir /keys /seals

# No shell, no package manager: just the C library, certificates and an unprivileged user.
FROM gcr.io/distroless/cc-debian12:nonroot
WORKDIR /srv/bangfu
COPY --from=builder /build/target/release/bangfu /usr/local/bin/bangfu
COPY examples/ examples/
# A volume mounted here is the unprivileged user's own.
COPY --from=builder --chown=nonroot:nonroot --chmod=700 /seals/ /var/lib/bangfu-seals/
COPY --from=builder --chown=nonroot:nonroot --chmod=700 /keys/ /var/lib/bangfu/

ENV BANGFU_LISTEN=0.0.0.0:8080
EXPOSE 8080
USER nonroot
# The binary asks its own /readyz, for the image has nothing else that could.
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
    CMD ["/usr/local/bin/bangfu", "health"]
ENTRYPOINT ["/usr/local/bin/bangfu"]
CMD ["serve"]
