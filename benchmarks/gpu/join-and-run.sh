#!/bin/sh
# Joins the parts that publish.sh made and runs the benchmarks: join-and-run.sh DIR [arguments of the runner]
# Needs CUDA 13 (libcudart, libcublas, libcublasLt), libcurand.so.10 and cuDNN 9 somewhere on the machine; PyTorch's wheels bring them, too.
set -eu
dir=$(cd "${1:?usage: join-and-run.sh DIR [arguments]}" && pwd)
shift
if [ ! -d "$dir/clip-gpu" ]; then
    [ ! -f "$dir/SHA256SUMS" ] || (cd "$dir" && sha256sum -c --quiet SHA256SUMS)
    cat "$dir"/clip-gpu.tar.xz.* | xz -dc | tar -C "$dir" -xf -
fi
path=
for name in libcublasLt.so.13 libcublas.so.13 libcudart.so.13 libcurand.so.10 libcudnn.so.9; do
    # PyTorch's wheels before the system's: they fit each other.
    found=$(find / -name "$name" -not -path '/proc/*' 2>/dev/null | sort | head -n 1)
    if [ -z "$found" ]; then
        echo "$name is not on this machine; CUDA will not load." >&2
    else
        case ":$path:" in *":${found%/*}:"*) ;; *) path="$path${path:+:}${found%/*}" ;; esac
    fi
done
echo "Libraries: ${path:-none}" >&2
LD_LIBRARY_PATH="$path${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" exec "$dir/clip-gpu/Microsoft.ML.Clip.Benchmarks" "$@"
