//! A ring of bytes of a fixed size: the newest push out the oldest.
const std = @import("std");

pub const Ring = struct {
    bytes: []u8,
    start: usize = 0,
    len: usize = 0,

    /// How many bytes may still come before the oldest has to go.
    pub fn room(self: Ring) usize {
        return self.bytes.len - self.len;
    }

    /// Put a byte behind the newest; returns the one that had to go.
    pub fn push(self: *Ring, byte: u8) ?u8 {
        const end = (self.start + self.len) % self.bytes.len;
        defer self.bytes[end] = byte;
        if (self.room() > 0) {
            self.len += 1;
            return null;
        }
        self.start = (self.start + 1) % self.bytes.len;
        return self.bytes[end];
    }
};

pub fn main() void {
    var memory: [4]u8 = undefined;
    var ring = Ring{ .bytes = &memory };
    for ("suggestions") |byte| {
        if (ring.push(byte)) |gone| {
            std.debug.print("{c}", .{gone});
        }
    }
    std.debug.print("\n{d} left\n", .{ring.len});
}
