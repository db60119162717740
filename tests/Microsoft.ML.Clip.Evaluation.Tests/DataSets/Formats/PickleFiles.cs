namespace Microsoft.ML.Clip.Tests;

/// <summary>
/// Pickles that Python 3.11 made, with numpy 1.24, packed by gzip and in base64. These lines made them:
/// <code>
/// row = lambda i: [(7 * j + i) % 256 for j in range(3072)]
/// batch = {'batch_label': 'training batch 1 of 5', 'labels': [1, 0], 'data': numpy.array([row(0), row(1)], numpy.uint8), 'filenames': ['a.png', 'b.png']}
/// meta = {'num_cases_per_batch': 10000, 'label_names': ['airplane', 'automobile'], 'num_vis': 3072}
/// class Evil:
///     def __reduce__(self): return (os.system, ('touch pwned',))
/// floats = {'data': numpy.zeros((1, 3072), numpy.float32), 'labels': [0]}
/// b = lambda o, p: base64.b64encode(gzip.compress(pickle.dumps(o, p), mtime=0)).decode()
/// b(batch, 2), b(batch, 4), b(batch, 5), b(meta, 2), b({'data': Evil()}, 2), b({'data': Evil()}, 4), b(floats, 2)
/// </code>
/// </summary>
internal static class PickleFiles
{
    public const string Batch2 =
        "H4sIAAAAAAACA+3T91MTQRQH8CMUIQGxYUHR2GOLRsXeu0ZRYzsLxsvlINFwYcNFjRUQEiKCXRHsgr0LCIg6831/mB7Rf8FfnLc/7Lx5b/ftzmdnqy3nheSQbZIk+RRDDX"
        + "hDik8LiTS5wMwYESWoB/Vye6pkd9nDZfZiYZGzzFpqXZVILxUZDneaW9LkDDPrVwxFZKp6tKIy5lTDEc1ZEQ0ZQSUSUWJWb0RTw3qVEYmqhlVk/Vll1f1/qmKQW6oX2apX"
        + "Dfs1tcqq6QOBVeTIaQOXE9a/xxpB3SVscZHrEXkJMdgj8gfOt+yQcuNiyN+efiNWaW4dKlvMLVGXGJZsSIjhHjHC4U5PtTsnCkpKSrb9MkdqckuGGOlLBnJkaYpZHjS4YN"
        + "zkma4lqzft2HvYF6w8dQH1uIKbaMUTvMQHdOM71VEj3aB79Jhe0Hvqov5069DRE6bNWbh83dZdB46aOmdQgwZcxR08QDve4DN6qZoS1Ey36T49o9f0iXroZ1beiLGTZsxb"
        + "vGrj9j2HlED45HnUoRE3cA+P8QLv0YV+ukSX6Tq10CN6Tu+ok75ZcoaMGj919oJla7fs3F/qPxGJoRoJNOM27uMZXuMTevCT4tREt6iNntIr+khf6Udm7vDCiY65i1ZucH"
        + "sOHivXo+dwCZdxHS14hOd4h058o1pK0jW6Sw+pg97SF+pLy84fWTRl1vylazaX7DuiHhenLyKOJtxCG57iFT7iK35QPV2hm9RKT+glfaBu+p5hGzbGPt1ZvGL9tt2yt6zC"
        + "OItaJHENd/EQHXiLL+ijGmqgq3SHHlA7vaHP1Mv+7M/+7M/+7M/+7M/+7M/+7M/+7M/+7P+v/fmx+bOxP/uzP/uzP/uzP/uzP/uzP/uzP/uz///tL0YFbHEx2iPGGKLQJ+"
        + "dIklQWDGm6UqFVibGlYpxDzjRzirNSLxdFqdiXisdrUedvhZspkVIlAAA=";

    public const string Batch4 =
        "H4sIAAAAAAACA2tgmfpBggEMaqdo9HAnJZYkZ8TnJCal5kzpES0pSszMy8xLVwALKxgq5KcpmE7pYQPLF0+JnaLhzejNkNrDkpJYkghUn1eaW1Cpl5xflKqXW5pTkplYVJ"
        + "RYOaWHJ74oNTk/r7ikqDS5ZMrkKT2sYIVTetjzUiBKJk/xZmid4syYNKV9ShDYVCZfBp62KRmcPawpJZUFqSBdTKWGUzo7IAqYexhrpvj5+Xn9BwIw4c1QMiWp04kB5Bt2"
        + "PlEZZS1DC3s335DopMyC8rrWnsmzFq5Yv23vkdOXbj54/u7rH2YuQQl5NV0TayfPgPA4oHeqGjv6p81dsnrTzgPHz1298/jVxx//2XhFpJU0DcztXH2CoxIz8stqW7onzV"
        + "ywfN3WPYdPXbxx/9nbL7+ZOAXE5VR1jK0cPfzDYlOyiyob2vumzlm8auOO/cfOXrn96OWH7/9YeYSlFDX0zWxdvIMiE9LzSmuauybOmL9s7Zbdh05euH7v6ZvPvxg5+MVk"
        + "VbSNLB3c/UJjkrMKK+rbeqfMXrRyw/Z9R89cvvXwxftvf1m4hSQV1PVMbZy9AiPi03JLqps6J0yft3TN5l0HT5y/dvfJ608/R/0/6v9R/4/6f9T/o/4f9f+o/0f9P+r/ke"
        + "T/0YAc9f+o/0f9P+r/Uf+P+n/U/6P+H/X/qP9Hjv+nlExJ6uFMy8xJzUvMTQXPU/SwJuoV5KVP6WFNAtOppXoAvLjipPsYAAA=";

    public const string Batch5 =
        "H4sIAAAAAAACA2tgnXpDggEMaqdo9HAnJZYkZ8TnJCal5kzpES0pSszMy8xLVwALKxgq5KcpmE7pYQPLF0+JnaLhzejNkNrDkpJYkjilRyivNLegUi85vyhVD8hMLcpMnt"
        + "LDHZ9WlJ+bVJqWllo0ZfIUjWkMUPsY2PlEZZS1DC3s3XxDopMyC8rrWnsmz1q4Yv22vUdOX7r54Pm7r3+YuQQl5NV0TaydPAPC44CWVjV29E+bu2T1pp0Hjp+7eufxq48/"
        + "/rPxikgraRqY27n6BEclZuSX1bZ0T5q5YPm6rXsOn7p44/6zt19+M3EKiMup6hhbOXr4h8WmZBdVNrT3TZ2zeNXGHfuPnb1y+9HLD9//sfIISylq6JvZungHRSak55XWNH"
        + "dNnDF/2dotuw+dvHD93tM3n38xcvCLyapoG1k6uPuFxiRnFVbUt/VOmb1o5Ybt+46euXzr4Yv33/6ycAtJKqjrmdo4ewVGxKflllQ3dU6YPm/pms27Dp44f+3uk9effo76"
        + "f9T/o/4f9f+o/0f9P+r/Uf+P+n/U/yPJ/6MBOer/Uf+P+n/U/6P+H/X/qP9H/T/q/1H/jxz/T+lhBc8XAOmUksqC1CmTp/QwlRpO6exonxI0RcObuYexZoqfn5/XfyAAE9"
        + "4MJVOSvJl8GXjapvQwOk8pAarr4UzLzEnNS8xNBc9H9LAm6hXkpQPNTALTqaV6AEOaWdHjGAAA";

    public const string Meta =
        "H4sIAAAAAAACA2tgqi1k0IgQZmBgyCvNjU9OLE4tji9ILYpPSixJzihk9BVQj+AGSuYkJqXmxOcl5qYWFzLFFjJrRHAARRMziwpyEvNSC1kiuEDc0pL83PykzJzUQtbUCH"
        + "aomWWZxYVsvgw8pXoAVoaOi20AAAA=";

    public const string Evil2 =
        "H4sIAAAAAAACA2tgqi1kiGBhYGBISSxJLGRMLsgvzqzgKq4sLknN5SpkiuAGSpXklyZnKBSU56WmFDK3FrIEFbIW6wEAqDIPKjoAAAA=";

    public const string Evil4 =
        "H4sIAAAAAAACA2tgmWrAAAG1U3pYUhJLEqf0sBbkF2dWTOlhK64sLknNnTJ5Sg93SX5pcoZCQXleasqU1ilBU4r1ADUbnOM7AAAA";

    public const string Floats =
        "H4sIAAAAAAACA+3bO07DQBAG4LXzgiW8n0dwZYFEyQmywoUrNyhar40SybHzr9eFCyQaHHJqMEkugfR/xcxKO/PfYD79D4ggGQohMu00PFM2q3Ubmsrm4aop3FJbq1s5t7"
        + "mpytrZxjgJfz8ly2z/i4ESXxiauamy3NQyL/8eEqPE64NTjJNx3wvtluUTJh2OYhxvIGOcBMpT3quYdpgeMjPXrvvV08TvV96fcbb93uA8xkWgBru4F1xGUTT76e2KEg5X"
        + "6XYxSsSjICIiIiIiIiIiIiIiIiIiIiIiIiIiIiKifwDXi0mHmxi3Dnfp4e4gzYsa9294UEI34S+2A6hx9DAAAA==";
}
