# The studio, on a CPU:
#   docker build -t facewright . && docker run --network host -v faces:/data facewright
# Its address, with the token that other devices need, is the first line of `docker logs`.
FROM python:3.12-slim

WORKDIR /source
COPY . .
RUN pip install --no-cache-dir --index-url https://download.pytorch.org/whl/cpu 'torch>=2.6,<2.14' \
    && pip install --no-cache-dir '.[studio]' ./weights \
    && rm -rf /source/*

RUN useradd --create-home facewright && install -d -o facewright /data
USER facewright
WORKDIR /data
VOLUME /data
EXPOSE 8420
HEALTHCHECK --start-period=60s CMD ["python", "-c", \
    "from urllib.request import urlopen; urlopen('http://127.0.0.1:8420/manifest.webmanifest', timeout=5)"]
CMD ["facewright", "studio", "--lan", "--no-browser", "--port", "8420", "--data", "/data"]
