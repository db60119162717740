using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;

namespace Microsoft.ML.Clip;

/// <summary>
/// When to try again: after errors that pass, a few times, with growing pauses; as long as bytes come there is no end to it, for then it is a bad line and no
/// error.
/// </summary>
/// <param name="wait">Waits.</param>
/// <param name="tries">How often to try in vain.</param>
internal sealed partial class HubRetry(Func<TimeSpan, CancellationToken, Task> wait, int tries = HubRetry.DefaultTries)
{
    public const int DefaultTries = 5;

    private const int LongestPause = 8;

    // The hub counts requests in windows of five minutes; what asks for longer is no pause but a refusal.
    private static readonly TimeSpan LongestAsked = TimeSpan.FromSeconds(310);

    private int _failures;
    private bool _isFresh;

    /// <summary>Bytes came that had not come before.</summary>
    public void Progressed() => (_failures, _isFresh) = (0, true);

    /// <summary>Waits before the next try.</summary>
    /// <param name="asked">How long the hub asked to wait; null if it did not.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>False if there is to be none.</returns>
    public async Task<bool> NextAsync(TimeSpan? asked, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_isFresh && asked is null)
        {
            _isFresh = false;
            return true;
        }
        if (++_failures >= tries || asked > LongestAsked)
        {
            return false;
        }
        await wait(asked ?? TimeSpan.FromSeconds(Math.Min(LongestPause, 1 << (_failures - 1))), cancellationToken).ConfigureAwait(false);
        return true;
    }

    public static bool IsTransient(HttpStatusCode status) => status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests
        or HttpStatusCode.InternalServerError or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout;

    public static bool IsTransient(Exception error) =>
        error is TimeoutException or IOException or HttpRequestException { HttpRequestError: not HttpRequestError.SecureConnectionError };

    /// <summary>How long the hub asks to wait, and a second more, as it counts in whole ones; null if it does not ask.</summary>
    public static TimeSpan? Asked(HttpResponseMessage response)
    {
        if (response.Headers.TryGetValues("ratelimit", out var limits) && RateLimit().Match(string.Join(",", limits)) is { Success: true } limit)
        {
            return TimeSpan.FromSeconds(1 + int.Parse(limit.Groups[1].ValueSpan, CultureInfo.InvariantCulture));
        }
        var after = response.Headers.RetryAfter;
        var pause = after?.Delta ?? (after?.Date is { } date ? date - DateTimeOffset.UtcNow : null);
        return pause is null ? null : (pause > TimeSpan.Zero ? pause.Value : TimeSpan.Zero) + TimeSpan.FromSeconds(1);
    }

    [GeneratedRegex(@"r\s*=\s*0\s*;\s*t\s*=\s*(\d{1,8})")]
    private static partial Regex RateLimit();
}
