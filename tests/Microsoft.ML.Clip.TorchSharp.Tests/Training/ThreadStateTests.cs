using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Clip.Tests;

/// <summary>
/// What a step changes for its thread or for the process is as it was afterwards, whatever happened on the way. Run alone: libtorch's number of threads is the
/// process's.
/// </summary>
[CollectionDefinition(nameof(ThreadStateTests), DisableParallelization = true)]
[Collection(nameof(ThreadStateTests))]
public sealed class ThreadStateTests
{
    [Fact]
    public void CachedGradientStep_WhereAForwardPassThrows_LeavesTheNormsMoving()
    {
        using var scope = NewDisposeScope();
        using var module = new ClipModule(SmallArchitectures.SmallResNet, seed: 2);

        Assert.ThrowsAny<Exception>(() => new CachedGradientStep(6).Backward(module, BadBatch(module.Architecture)));

        AssertNormsMove();
    }

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    public void ThreadedGradientStep_WhereAForwardPassThrows_LeavesTheNormsMovingOnEveryThread(int threads)
    {
        using var scope = NewDisposeScope();
        using var module = new ClipModule(SmallArchitectures.SmallResNet, seed: 2);

        using var ours = new TorchThreads(threads);
        // Which thread gets which part is chance; after some rounds each has had one that freezes.
        for (int round = 0; round < 20; round++)
        {
            Assert.ThrowsAny<Exception>(() => new ThreadedGradientStep(ours).Backward(module, BadBatch(module.Architecture)));
        }

        AssertNormsMove();
        Parallel.For(0, 64, _ => AssertNormsMove());
    }

    [Fact]
    public void Fit_WithThreads_LeavesLibtorchTheThreadsThatItHad() => WithLibtorchThreads(3, () =>
    {
        var data = TrainingFixture.View(TrainingFixture.Rows());
        new ClipContrastiveTrainer("Image", "Caption", TrainingFixture.Options(steps: 3, threads: 2)).Train(data).Dispose();
        AssertThreads();

        var failing = TrainingFixture.Options(steps: 3, threads: 2, evaluate: _ => throw new NotSupportedException());
        Assert.Throws<NotSupportedException>(() => new ClipContrastiveTrainer("Image", "Caption", failing).Train(data));
        AssertThreads();

        static void AssertThreads()
        {
            Assert.Equal(3, get_num_threads());
            Assert.Equal(3, OnANewThread(get_num_threads));
        }
    });

    [Fact]
    public void For_OnThreadsOfItsOwn_GivesLibtorchOneAndThenWhatItHad() => WithLibtorchThreads(3, () =>
    {
        var workers = new System.Collections.Concurrent.ConcurrentDictionary<int, bool>();
        using (var threads = new TorchThreads(4))
        {
            Assert.Equal(1, get_num_threads());
            // The second is made while libtorch's are off, on a thread that has never computed, and outlives the first.
            Assert.Equal(3, OnANewThread(() =>
            {
                using (new TorchThreads(2))
                {
                    Assert.Equal(1, get_num_threads());
                }
                return get_num_threads();
            }));
            Assert.Throws<NotSupportedException>(() => threads.For(64, i =>
            {
                workers[Environment.CurrentManagedThreadId] = true;
                Assert.Equal(1, get_num_threads());
                Thread.Sleep(1);
                if (i == 63)
                {
                    throw new NotSupportedException();
                }
            }));
            Assert.Equal(1, get_num_threads());
        }

        Assert.True(workers.Count > 1, "all the work was done on one thread");
        Parallel.For(0, 64, _ =>
        {
            if (workers.ContainsKey(Environment.CurrentManagedThreadId))
            {
                Assert.Equal(3, get_num_threads());
            }
        });
    });

    [Fact]
    public void For_OnOneThread_LeavesLibtorchsAsTheyAre() => WithLibtorchThreads(3, () =>
    {
        using var threads = new TorchThreads(1);
        int done = 0;
        threads.For(5, _ =>
        {
            Assert.Equal(3, get_num_threads());
            done++;
        });
        Assert.Equal(5, done);
    });

    /// <summary>A batch whose images are good and whose texts have an id that no embedding has.</summary>
    private static TrainingBatch BadBatch(ClipArchitecture a)
    {
        const int images = 12;
        var texts = full([images, 6], a.VocabularySize, dtype: ScalarType.Int64);
        return new TrainingBatch(zeros(images, 3, a.ImageSize, a.ImageSize), texts, arange(images), null);
    }

    private static void WithLibtorchThreads(int number, Action test)
    {
        int before = get_num_threads();
        set_num_threads(number);
        try
        {
            test();
        }
        finally
        {
            set_num_threads(before);
        }
    }

    private static T OnANewThread<T>(Func<T> get) =>
        Task.Factory.StartNew(get, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).GetAwaiter().GetResult();

    private static void AssertNormsMove()
    {
        using var scope = NewDisposeScope();
        using var initialization = new Initialization(seed: 1);
        using var norm = new BatchNormLayer(2, initialization);
        norm.train();
        norm.forward(ones(4, 2, 3, 3));
        Assert.All(norm.named_buffers().First(b => b.name == "running_mean").buffer.data<float>().ToArray(), mean => Assert.NotEqual(0, mean));
    }
}
