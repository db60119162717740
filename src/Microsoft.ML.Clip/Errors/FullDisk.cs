namespace Microsoft.ML.Clip;

/// <summary>Tells a disk without space from other troubles of disks.</summary>
internal static class FullDisk
{
    // What a full disk or quota gives: ENOSPC, EDQUOT on Linux and macOS, ERROR_DISK_FULL, ERROR_HANDLE_DISK_FULL.
    private static readonly int[] Codes = [28, 122, 69, unchecked((int)0x80070070), unchecked((int)0x80070027)];

    public static bool IsCauseOf(Exception error) => error is IOException && Codes.Contains(error.HResult);
}
