// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// An ERC-20 whose transfers come many a transaction, between holders that a seed picks: a busy chain, quickly made.
contract BusyToken {
    uint256 public constant HOLDERS = 10_000;

    mapping(address => uint256) public balanceOf;
    /// Events so far: what an index has to have.
    uint256 public transfers;

    event Transfer(address indexed from, address indexed to, uint256 value);

    constructor(uint256 supply) {
        balanceOf[msg.sender] = supply;
        transfers = 1;
        emit Transfer(address(0), msg.sender, supply);
    }

    function spread(uint256 seed, uint256 count) external {
        for (uint256 i = 0; i < count; i++) {
            uint256 random = uint256(keccak256(abi.encode(seed, i)));
            address from = holder(random % HOLDERS);
            address to = holder((random >> 64) % HOLDERS);
            // Most have nothing at first.
            if (balanceOf[from] == 0) from = msg.sender;
            uint256 value = ((random >> 128) % 1_000_000_007) * balanceOf[from] / 1e15;
            balanceOf[from] -= value;
            balanceOf[to] += value;
            emit Transfer(from, to, value);
        }
        transfers += count;
    }

    function balancesOf(address[] calldata accounts) external view returns (uint256[] memory balances) {
        balances = new uint256[](accounts.length);
        for (uint256 i = 0; i < accounts.length; i++) balances[i] = balanceOf[accounts[i]];
    }

    function holder(uint256 number) private pure returns (address) {
        return address(uint160(uint256(keccak256(abi.encode(number)))));
    }
}
