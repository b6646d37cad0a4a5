using System.Reflection;
using System.Runtime.ExceptionServices;

namespace NetCompiler.CodeGen.Tests;

/// <summary>Calls of generic methods with a network that was compiled a moment ago.</summary>
public static class Generic
{
    public static object? Call(Type owner, object? target, string method, Type network, params object[] arguments)
    {
        try
        {
            return owner.GetMethod(method, BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static)!.MakeGenericMethod(network).Invoke(target, arguments);
        }
        catch (TargetInvocationException e) when (e.InnerException is not null)
        {
            ExceptionDispatchInfo.Capture(e.InnerException).Throw();
            throw;
        }
    }
}
