using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;
using TorchSharp;

namespace NetCompiler.Torch;

/// <summary>
/// Loads libtorch from where NuGet unpacked it. (Left to the build, half a gigabyte would be copied into the output.)
/// </summary>
internal static class NativeTorch
{
    /// <summary>Why libtorch cannot be used here; null if it can.</summary>
    public static Lazy<string?> LoadFault { get; } = new(Load);

    private static string? Load()
    {
        try
        {
            if (RuntimeInformation.ProcessArchitecture is not Architecture.X64 && !OperatingSystem.IsMacOS())
                return $"TorchSharp {Version(typeof(torch).Assembly)} has no native library for {RuntimeInformation.RuntimeIdentifier}.";
            var (rid, pattern) =
                OperatingSystem.IsWindows() ? ("win-x64", "{0}.dll")
                : OperatingSystem.IsMacOS() ? ("osx-arm64", "lib{0}.dylib")
                : ("linux-x64", "lib{0}.so");
            var libtorch = PackageFolder("libtorch-cpu-" + rid, rid);
            var torchSharp = PackageFolder("torchsharp", rid);

            // In this order each library finds those it needs among the ones that are in the process already.
            foreach (var name in new[] { "c10", "torch_cpu", "torch" }) NativeLibrary.Load(Path.Combine(libtorch, FileName(pattern, name)));
            var binding = LoadBinding(Path.Combine(torchSharp, FileName(pattern, "LibTorchSharp")));
            AssemblyLoadContext.GetLoadContext(typeof(torch).Assembly)!.ResolvingUnmanagedDll += (_, name) => name switch
            {
                "LibTorchSharp" => binding,
                "torch_cpu" => NativeLibrary.Load(Path.Combine(libtorch, FileName(pattern, name))),
                _ => 0,
            };

            torch.InitializeDeviceType(DeviceType.CPU);
            torch.set_num_threads(1);
            using var two = torch.tensor(1.0) + 1;
            return two.item<double>() == 2 ? null : "1 + 1 is not 2 in it.";
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException or EntryPointNotFoundException or NotSupportedException
            or IOException or UnauthorizedAccessException or TypeInitializationException or InvalidDataException)
        {
            return e.Message;
        }
    }

    private static nint LoadBinding(string path)
    {
        try
        {
            return NativeLibrary.Load(path);
        }
        catch (DllNotFoundException e) when (e.Message.Contains(OlderLibrary.MissingVersion, StringComparison.Ordinal))
        {
            return NativeLibrary.Load(OlderLibrary.Adapt(path, AppContext.BaseDirectory));
        }
    }

    private static string FileName(string pattern, string name) => pattern.Replace("{0}", name, StringComparison.Ordinal);

    private static string PackageFolder(string package, string rid)
    {
        var root = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? typeof(NativeTorch).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "NuGetPackageRoot").Value
            ?? throw new DirectoryNotFoundException("NuGet's package folder is not known.");
        var versions = Path.Combine(root, package);
        if (!Directory.Exists(versions)) throw new DirectoryNotFoundException($"{versions} is not there. Restore this project (dotnet restore).");

        // The version of libtorch that the bindings were made for is a constant in them. (Asking torch.__version__ would make TorchSharp load it already.)
        var libtorch = typeof(torch).GetField("libtorchPackageVersion", BindingFlags.NonPublic | BindingFlags.Static)!.GetRawConstantValue();
        var wanted = package == "torchsharp" ? Version(typeof(torch).Assembly) : System.Version.Parse((string)libtorch!).ToString(3);
        var folder = Path.Combine(versions, wanted, "runtimes", rid, "native");
        return Directory.Exists(folder) ? folder : throw new DirectoryNotFoundException($"{folder} is not there. Restore this project (dotnet restore).");
    }

    private static string Version(Assembly assembly) =>
        assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+', '-')[0];
}
